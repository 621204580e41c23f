"""The command line: a client of a running service."""
