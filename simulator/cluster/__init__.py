"""The machine: what there is to share, and when."""
