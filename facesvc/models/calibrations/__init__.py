"""Calibrations that come with the code, one JSON file a pack."""
