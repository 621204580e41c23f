"""What holds for every test."""

import facesvc  # noqa: F401 - turns ONNX Runtime's telemetry off before a test imports it
