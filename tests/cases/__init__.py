"""Cases worked out by hand, as files that anybody can read: see README.md."""
