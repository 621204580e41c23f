"""Durable stores of a gallery, and what they share: the port, records, sealing, write rules."""
