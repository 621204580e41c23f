"""Face recognition over gRPC, with REST through Envoy's transcoder."""

__version__ = "0.1.0"
