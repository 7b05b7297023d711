"""Tests of where jobs come from."""
