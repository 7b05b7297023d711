"""Machines by name, a YAML file each: what ``preset: national`` means."""
