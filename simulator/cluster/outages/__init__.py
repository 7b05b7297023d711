"""When units or nodes are away, and what becomes of the work on them."""
