"""Who changed or took what, and when: apart from the log, and without anybody's id in the clear."""
