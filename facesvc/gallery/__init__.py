"""Stores, the search index, and the gallery that keeps the two in step."""
