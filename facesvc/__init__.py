"""Face recognition over gRPC, with REST through Envoy's transcoder."""

import os

__version__ = "0.1.0"

# ONNX Runtime 1.29 and later report every process and session to Microsoft and keep a device id
# below ~/.cache unless this stands in the environment when the library is loaded. A biometric
# service talks to nobody: it is set before any module of this package can import onnxruntime.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
