"""Task 5: the evidence lower bound."""
