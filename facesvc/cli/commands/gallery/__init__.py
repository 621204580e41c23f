"""``facesvc gallery``: looking after who is enrolled."""
