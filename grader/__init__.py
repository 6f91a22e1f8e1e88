"""An autograder for one assignment: a variational autoencoder in a PyTorch notebook."""

__version__ = "0.1.0"
