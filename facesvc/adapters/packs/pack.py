"""A pack: a folder and the manifest that says what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facesvc.adapters.packs.checksum import read_verified
from facesvc.adapters.packs.errors import PackError
from facesvc.adapters.packs.graph.tensors import GraphRewriteError
from facesvc.adapters.packs.manifest import Manifest, ModelFile
from facesvc.adapters.packs.prepare import REWRITES, prepared


@dataclass(frozen=True)
class Pack:
    """Files are read, checked against their pin and prepared each time they are asked for."""

    folder: Path
    manifest: Manifest

    def model_bytes(self, model: ModelFile) -> bytes:
        """Return the ONNX model, checked and prepared. Raises PackError."""
        data = read_verified(self.folder / model.file, model.sha256)
        unknown = [name for name in model.prepare if name not in REWRITES]
        if unknown:
            raise PackError(f"{model.file}: prepare names the unknown rewrites {unknown}")
        try:
            return prepared(data, model.prepare)
        except GraphRewriteError as error:
            raise PackError(f"{self.folder / model.file}: cannot be prepared: {error}") from error

    def verify(self) -> None:
        """Read every file once, used by the engine or not. Raises PackError."""
        for model in self.manifest.models:
            read_verified(self.folder / model.file, model.sha256)
