"""The scenario that reproduces the rule of a real Slurm cluster, as far as it can be said here."""
