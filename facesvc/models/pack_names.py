"""Packs that are known by name."""

# Named in InsightFace's model zoo; each unzips to a folder of ONNX files.
INSIGHTFACE_PACKS = ("buffalo_l", "buffalo_m", "buffalo_s", "buffalo_sc", "antelopev2")
