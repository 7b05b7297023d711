"""Jobs: read from logs, made by a generator, transformed."""
