"""Who may compute, and who waits."""
