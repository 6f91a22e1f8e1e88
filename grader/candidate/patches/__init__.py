"""What a candidate or a kernel finds changed around it."""
