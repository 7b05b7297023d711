"""Replications, pairs, and the comparison of rules."""
