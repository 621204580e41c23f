"""Bulk enrolment: which photos, what became of them before, sending them, and the account of it."""
