"""Task 6: new data from the model."""
