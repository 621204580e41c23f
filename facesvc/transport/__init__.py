"""The only part that knows grpc and the generated stubs."""
