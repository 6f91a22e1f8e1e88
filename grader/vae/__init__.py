"""The assignment: a variational autoencoder, and all that the grader knows of it."""
