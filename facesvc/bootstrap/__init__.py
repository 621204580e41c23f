"""The one place that names concrete classes: everything is wired together here."""
