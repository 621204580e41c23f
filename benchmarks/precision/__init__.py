"""What the fast detectors do to the faces and to verification, beside InsightFace's float32."""
