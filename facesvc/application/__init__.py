"""The use cases, each call in a file of its name, over the ports that they need."""
