"""Our decisions against those that a recorded Slurm made, pass by pass."""
