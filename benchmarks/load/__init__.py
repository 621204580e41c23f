"""Open-loop load: calls that come when they are due, whether others were answered or not."""
