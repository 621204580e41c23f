"""Messages as JSON schemas, in the form that Envoy's transcoder reads and writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto

from openapi.limits import REQUIRED, limits_of
from openapi.source import Contract

F = FieldDescriptorProto
_SCALARS: dict[int, dict[str, Any]] = {
    F.TYPE_STRING: {"type": "string"},
    F.TYPE_BOOL: {"type": "boolean"},
    F.TYPE_FLOAT: {"type": "number", "format": "float"},
    F.TYPE_DOUBLE: {"type": "number", "format": "double"},
    F.TYPE_INT32: {"type": "integer", "format": "int32"},
    F.TYPE_UINT32: {"type": "integer", "format": "int64", "minimum": 0, "maximum": 2**32 - 1},
    F.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
}
_WELL_KNOWN: dict[str, dict[str, Any]] = {
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
    "google.protobuf.FieldMask": {"type": "string", "examples": ["name,metadata"]},
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
}
PHOTO = "photo"


class Schemas:
    """Schemas of the messages that were asked for, and of what these hold."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.found: dict[str, dict[str, Any]] = {}

    def reference(self, message: str, without: Sequence[str] = ()) -> dict[str, Any]:
        """Return a reference to a message's schema, and have it written; ``without`` the fields
        that the path holds.
        """
        if message in _WELL_KNOWN:
            return dict(_WELL_KNOWN[message])
        name = short(message)
        if name not in self.found:
            self.found[name] = {}  # holds the place when a message holds itself
            self.found[name] = self._message(message, without)
        return {"$ref": f"#/components/schemas/{name}"}

    def form(self, message: str, without: Sequence[str] = ()) -> dict[str, Any]:
        """Return a reference to a message as a form has it: its files are no base64."""
        name = f"{short(message)}Form"
        if name not in self.found:
            self.found[name] = {}  # before its fields' messages
            schema = self._message(message, without)
            self.found[name] = {
                **schema,
                "properties": {key: _as_file(one) for key, one in schema["properties"].items()},
            }
        return {"$ref": f"#/components/schemas/{name}"}

    def field(self, message: str, field: FieldDescriptorProto) -> dict[str, Any]:
        """Return the schema of a field with its description and limits."""
        schema = self._type(field)
        text = self._contract.comment(f"{message}.{field.name}")
        if field.label == F.LABEL_REPEATED and "additionalProperties" not in schema:
            schema = {"type": "array", "items": schema}
        schema |= limits_of(short(message), field.name)
        if text:
            schema["description"] = text
        return schema

    def _message(self, message: str, without: Sequence[str]) -> dict[str, Any]:
        proto = self._contract.messages[message]
        left_out = {PHOTO, *without}
        properties = {
            field.name: self.field(message, field)
            for field in proto.field
            if field.name not in left_out
        }
        schema: dict[str, Any] = {"type": "object"}
        if text := self._contract.comment(message):
            schema["description"] = text
        required = [name for name in self._required(message, proto) if name not in left_out]
        if required:
            schema["required"] = required
        schema["properties"] = properties
        return schema

    def _required(self, message: str, proto: DescriptorProto) -> list[str]:
        """Return the fields that are there: in a request by rule, in an answer by printing."""
        if message.endswith("Request"):
            return [f.name for f in proto.field if f"{short(message)}.{f.name}" in REQUIRED]
        if short(message) == "FaceSelection":
            return []
        return [
            f.name
            for f in proto.field
            if not f.HasField("oneof_index")
            and (f.type != F.TYPE_MESSAGE or f.label == F.LABEL_REPEATED)
        ]

    def _type(self, field: FieldDescriptorProto) -> dict[str, Any]:
        if field.type in _SCALARS:
            return dict(_SCALARS[field.type])
        name = field.type_name.lstrip(".")
        if field.type == F.TYPE_ENUM:
            return self._enum(name)
        entry = self._contract.messages.get(name)
        if entry is not None and entry.options.map_entry:
            return {"type": "object", "additionalProperties": self._type(entry.field[1])}
        return self.reference(name)

    def _enum(self, name: str) -> dict[str, Any]:
        """Return the values that may be said; the unspecified one is as good as nothing said."""
        values = [value.name for value in self._contract.enums[name].value]
        return {"type": "string", "enum": values}


def _as_file(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("contentEncoding") == "base64":
        described = {key: value for key, value in schema.items() if key != "contentEncoding"}
        described["format"] = "binary"
        if "description" in described:
            described["description"] = described["description"].replace("; base64 in JSON", "")
        return described
    if schema.get("type") == "array":
        return {**schema, "items": _as_file(schema["items"])}
    return schema


def short(message: str) -> str:
    """Return the name within the package: facesvc.v1.EnrollRequest.Mode is EnrollRequest.Mode."""
    return re.sub(r"^facesvc\.v1\.", "", message)
