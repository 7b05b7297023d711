"""Qualities of service."""
