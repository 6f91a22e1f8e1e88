"""The trusted side: drives candidates, kernels and trainings, judges, and adds up points."""
