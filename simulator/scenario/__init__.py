"""Scenario files: load, compose, validate, identify."""
