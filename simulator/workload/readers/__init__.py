"""Readers of job logs, one format a file."""
