"""The face engine: InsightFace's model classes on ONNX Runtime sessions of our own."""
