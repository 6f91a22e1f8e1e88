"""Task 1: the encoder."""
