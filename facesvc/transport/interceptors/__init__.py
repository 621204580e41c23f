"""One interceptor a concern; all of them cover all four kinds of RPC."""
