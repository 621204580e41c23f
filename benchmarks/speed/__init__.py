"""How fast the service is, beside its own bare pipeline and a naive service, in one run."""
