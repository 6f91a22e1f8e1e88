"""What checks of any assignment are made of."""
