"""A recording made out of what a centre has: the logs of its slurmctld and its accounting."""
