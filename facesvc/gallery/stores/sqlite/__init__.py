"""The parts of the SQLite store: schema, statements, writer thread, owner's lock."""
