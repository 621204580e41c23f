"""Sending events to the endpoints of WEBHOOKS_FILE, signed."""
