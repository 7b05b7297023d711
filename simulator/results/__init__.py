"""Result files: their columns, their writing and reading."""
