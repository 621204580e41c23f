"""One use case a file, over the ports of ports.py."""
