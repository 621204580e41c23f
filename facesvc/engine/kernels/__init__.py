"""Numeric kernels around the models: no sessions, no files, no settings."""
