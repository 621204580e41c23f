"""API keys, the scopes of the calls, and the interceptor that checks both."""
