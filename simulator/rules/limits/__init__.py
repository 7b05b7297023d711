"""Limits: who may have how much at once."""
