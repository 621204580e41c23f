"""Envoy before the gRPC server, and the supervisor that runs both."""
