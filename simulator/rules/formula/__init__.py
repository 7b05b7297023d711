"""Arithmetic that a scenario may hold: read, checked, and made ready; never run as Python."""
