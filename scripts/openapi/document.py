"""The whole document."""

from __future__ import annotations

from typing import Any

from openapi import errors
from openapi.operations import PHOTO_PATH, Operations
from openapi.schemas import Schemas
from openapi.source import Contract

# docs/access.md; {} because a service without API_KEYS_FILE asks for no key.
SECURITY_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}
SECURITY: list[dict[str, list[str]]] = [{}, {"key": []}, {"bearer": []}]
DESCRIPTION = """\
Face recognition as a service. Every call is also a gRPC call of facesvc.v1.

A photo is sent in one of four ways: `image_url` names one that the service fetches, `image` holds
base64 in JSON, or a file in a form (`multipart/form-data`, the other fields beside it), and under
`/photos` the photo itself is the whole body and the other fields are query parameters. A body of
type `application/octet-stream` or `image/*` is the photo on the plain paths as well.

Errors are a `google.rpc.Status`: programs read the `reason` of its ErrorInfo.
"""


def document(descriptors: bytes, version: str) -> dict[str, Any]:
    """Return OpenAPI 3.1 of a contract; ``descriptors`` come with source information."""
    contract = Contract(descriptors)
    schemas = Schemas(contract)
    operations = Operations(contract, schemas)
    paths: dict[str, dict[str, Any]] = {}
    for call in contract.calls:
        paths.setdefault(call.path, {})[call.verb] = operations.of_json(call)
        if operations.takes_photo(call):
            paths.setdefault(PHOTO_PATH + call.path, {})[call.verb] = operations.of_photo(call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "facesvc",
            "version": version,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The service that this document came from."}],
        "security": SECURITY,
        "tags": [
            {"name": name.rpartition(".")[2], "description": contract.comment(name)}
            for name in contract.services
        ],
        "paths": dict(sorted(paths.items(), key=_photo_behind_json)),
        "components": {
            "securitySchemes": SECURITY_SCHEMES,
            "schemas": dict(sorted({**schemas.found, "Status": errors.STATUS_SCHEMA}.items())),
            "responses": errors.responses(),
        },
    }


def _photo_behind_json(item: tuple[str, Any]) -> tuple[str, bool]:
    """Order a photo call behind the JSON call that it is the other way of."""
    path = item[0]
    return path.removeprefix(PHOTO_PATH), path.startswith(PHOTO_PATH)
