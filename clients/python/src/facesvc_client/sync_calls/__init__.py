"""The calls of Client, by what they are about."""
