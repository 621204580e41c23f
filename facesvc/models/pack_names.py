"""Packs that are known by name."""

from enum import StrEnum


class BuiltIn(StrEnum):
    """The packs that facesvc.models_build makes out of package registries."""

    OPEN = "open"
    COMPACT = "compact"
    COMPACT_SINGLE = "compact-single"


# Named in InsightFace's model zoo; each unzips to a folder of ONNX files.
INSIGHTFACE_PACKS = ("buffalo_l", "buffalo_m", "buffalo_s", "buffalo_sc", "antelopev2")
