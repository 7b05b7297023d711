"""A recording of a real Slurm: what its scheduler looked at and decided, pass by pass."""
