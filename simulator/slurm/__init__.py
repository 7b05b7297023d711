"""What a Slurm cluster tells of itself: slurm.conf, and the tables that its commands print."""
