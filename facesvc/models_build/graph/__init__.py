"""Rewrites of ONNX graphs: pure functions from ModelProto to ModelProto."""
