"""Adil: which rule shares a supercomputer fairly?"""

__version__ = "0.1.0"
