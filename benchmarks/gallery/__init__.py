"""The gallery: searches, stores, and what is inside Redis."""
