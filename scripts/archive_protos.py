"""Write the protos with what they import as one archive: archive_protos.py TARGET.zip.

Every protoc, grpc-js's proto-loader and grpcurl take the unpacked folder as their only import path;
google/protobuf comes with each of them.
"""

from __future__ import annotations

import re
import sys
import tempfile
import zipfile
from pathlib import Path

from generate_stubs import COMMON_PROTOS, PROTOS, lint_image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run by path, a script sees its own folder only

from facesvc import __version__  # noqa: E402 - needs the path above

_IMPORT = re.compile(r'^import (?:public )?"([^"]+)";', re.MULTILINE)
_BUILT_IN = "google/protobuf/"
_OF_ERRORS = "google/rpc/error_details.proto"  # no proto imports it, but errors carry it
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the archive's bytes depend on its content alone
_README = f"""# facesvc {__version__}: protos

`facesvc/v1` with what it imports; this folder is the only import path that a compiler needs.
`facesvc.binpb` is the same as a descriptor set.

    protoc -I . --java_out=OUT facesvc/v1/*.proto
    grpcurl -plaintext -import-path . -proto facesvc/v1/face_service.proto HOST:50051 \\
        facesvc.v1.FaceService/GetHealth

google/api and google/rpc are Google's, Apache-2.0.
"""


def archive_protos(target: Path) -> list[str]:
    """Write the archive and return the names in it."""
    files = {name: path.read_bytes() for name, path in sorted(_with_imports().items())}
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "facesvc.binpb"
        lint_image(image)
        files["facesvc.binpb"] = image.read_bytes()
    files["README.md"] = _README.encode()
    files["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
    return list(files)


def _with_imports() -> dict[str, Path]:
    """Return every proto that is needed, by its import name."""
    wanted = [str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto")] + [_OF_ERRORS]
    found: dict[str, Path] = {}
    while wanted:
        name = wanted.pop()
        if name in found or name.startswith(_BUILT_IN):
            continue
        places = (PROTOS / name, COMMON_PROTOS / name)
        found[name] = next(place for place in places if place.is_file())
        wanted += _IMPORT.findall(found[name].read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    print(*archive_protos(Path(sys.argv[1])), sep="\n")
