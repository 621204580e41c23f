"""Measurements that write what docs/ says about them."""

import facesvc  # noqa: F401 - turns ONNX Runtime's telemetry off before a benchmark imports it
