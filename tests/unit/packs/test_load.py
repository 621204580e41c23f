"""Finding packs and refusing what is not what was pinned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facesvc.models.builtin import BUILT_IN
from facesvc.models.checksum import sha256_of
from facesvc.models.load import load_pack
from facesvc.models.manifest import MANIFEST_FILE, Projection
from facesvc.models.manifest_json import read_manifest, write_manifest
from facesvc.models.pack_errors import PackError
from facesvc.models_build.prepare import prepare


def test_a_folder_is_found_by_name_and_by_path(pack_folder: Path) -> None:
    """MODEL_PACK may be a name below MODEL_ROOT or a path from anywhere."""
    by_name = load_pack("mine", pack_folder.parent)
    by_path = load_pack(str(pack_folder), Path("elsewhere"))
    assert by_name.manifest == by_path.manifest
    assert by_name.manifest.name == "mine"


@pytest.mark.parametrize("file", ["scrfd.onnx", "fr_feature.onnx"])
def test_a_flipped_byte_is_refused(pack_folder: Path, file: str) -> None:
    """One bit of one file ends the start, and the message names the file."""
    data = bytearray((pack_folder / file).read_bytes())
    data[len(data) // 2] ^= 1
    (pack_folder / file).write_bytes(data)
    with pytest.raises(PackError, match=f"{file}: SHA-256 is .* pinned is"):
        load_pack("mine", pack_folder.parent)


def test_a_file_swapped_after_the_start_is_refused_when_read(pack_folder: Path) -> None:
    """The bytes that are checked are the bytes that are used."""
    pack = load_pack("mine", pack_folder.parent)
    (pack_folder / "fr_feature.onnx").write_bytes(b"another model")
    with pytest.raises(PackError, match=r"fr_feature.onnx: SHA-256"):
        pack.model_bytes(pack.manifest.models[1])


def test_a_missing_file_is_named(pack_folder: Path) -> None:
    """A pack with a hole is never half loaded."""
    (pack_folder / "scrfd.onnx").unlink()
    with pytest.raises(PackError, match=r"scrfd.onnx: cannot be read: No such file"):
        load_pack("mine", pack_folder.parent)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_pack_is_pinned_by_the_code_not_by_its_manifest(
    name: str, tmp_path: Path
) -> None:
    """Whoever can change a file can change the manifest beside it: that must not help."""
    folder = tmp_path / name
    folder.mkdir()
    for model in BUILT_IN[name].models:
        (folder / model.file).write_bytes(b"evil")
    with pytest.raises(PackError, match=rf"{BUILT_IN[name].models[0].file}: SHA-256"):
        load_pack(name, tmp_path)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_missing_built_in_pack_says_what_to_run(name: str, tmp_path: Path) -> None:
    """The way out is in the message."""
    with pytest.raises(PackError, match=f"`python -m facesvc.models_build build {name}`"):
        load_pack(name, tmp_path)


def test_the_projection_is_checked_as_the_models_are(pack_folder: Path) -> None:
    """Another matrix would make other embeddings, without a word."""
    columns = np.linalg.qr(np.random.default_rng(0).normal(size=(640, 384)))[0]
    np.save(pack_folder / "p.npy", columns.astype(np.float16))
    data = (pack_folder / "p.npy").read_bytes()
    manifest = read_manifest(pack_folder / MANIFEST_FILE)
    joint = Projection("p.npy", sha256_of(data), len(data), "here")
    write_manifest(replace(manifest, projection=joint), pack_folder / MANIFEST_FILE)
    projection = load_pack("mine", pack_folder.parent).projection()
    assert projection is not None
    assert projection.shape == (640, 384)
    (pack_folder / "p.npy").write_bytes(data[:-2] + b"xx")
    with pytest.raises(PackError, match=r"p.npy: SHA-256"):
        load_pack("mine", pack_folder.parent)


def test_an_unknown_name_lists_what_there_is(tmp_path: Path) -> None:
    """A typing error is answered with the choices."""
    with pytest.raises(PackError, match=r"bufalo_l.*buffalo_l"):
        load_pack("bufalo_l", tmp_path)


def test_an_unknown_path_is_refused(tmp_path: Path) -> None:
    """A path is never taken for a pack's name."""
    with pytest.raises(PackError, match="no such folder"):
        load_pack(str(tmp_path / "nothing"), tmp_path)


def test_an_unknown_rewrite_is_refused(pack_folder: Path) -> None:
    """A manifest of a newer service does not run without what it asks for."""
    manifest = pack_folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace("free_input_size", "free_lunch"))
    with pytest.raises(PackError, match="free_lunch"):
        prepare("mine", pack_folder.parent)
