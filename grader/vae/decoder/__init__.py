"""Task 3: the decoder."""
