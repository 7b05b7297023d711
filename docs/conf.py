"""Sphinx builds these pages: ``sphinx-build -W docs build/docs``."""

from simulator import __version__

project = "Adil"
copyright = "The Adil developers, Apache-2.0"
version = release = __version__
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "alabaster"
html_theme_options = {"description": "Which rule shares a supercomputer fairly?"}
