"""Exact search over embeddings."""
