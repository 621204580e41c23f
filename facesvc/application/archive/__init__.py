"""The portable form of a collection: one file, versioned, checksummed, optionally encrypted."""
