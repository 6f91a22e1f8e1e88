"""Task 2: draws from the posterior, reparametrised."""
