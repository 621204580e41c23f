"""Measuring recognition on labelled photos: 1:1, 1:N, groups, quality, liveness."""
