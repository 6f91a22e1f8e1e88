"""Task 4: the divergence of the posterior from the prior."""
