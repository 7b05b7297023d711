"""Machines of nodes: classes, partitions, and which nodes a setting means."""
