"""Calls as operations: JSON calls, and calls whose whole body is a photo."""

from __future__ import annotations

import re
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from openapi import errors
from openapi.examples import answer_of, request_of
from openapi.limits import REQUIRED
from openapi.schemas import PHOTO, Schemas, short
from openapi.source import Call, Contract

PHOTO_PATH = "/photos"
# Below /photos any type is taken; one that every generator knows makes simple clients.
PHOTO_TYPE = "application/octet-stream"
FORM_TYPE = "multipart/form-data"
_PHOTO_SCHEMA = {"type": "string", "format": "binary"}
_VARIABLE = re.compile(r"\{([^}=]+)[^}]*\}")
_PATH_EXAMPLES = {"user_id": "anna", "collection": "default", "alias": "staff"}
_OPEN = {"GetHealth"}  # needs no key
_IMAGES = ("image_url", "image", PHOTO)


class Operations:
    """Writes a call as an operation, and its messages into the schemas."""

    def __init__(self, contract: Contract, schemas: Schemas) -> None:
        self._contract = contract
        self._schemas = schemas

    def of_json(self, call: Call) -> dict[str, Any]:
        """Return a call with its fields in the path, the query and a JSON body."""
        operation = self._common(call, call.method.name)
        in_path = _VARIABLE.findall(call.path)
        parameters = [self._parameter(call, name, "path") for name in in_path]
        if call.body:
            body: dict[str, Any] = {"schema": self._schemas.reference(call.request, in_path)}
            if (example := request_of(call.method.name)) is not None:
                body["example"] = example
            content = {"application/json": body}
            if self._takes_files(call):
                content[FORM_TYPE] = {"schema": self._schemas.form(call.request, in_path)}
            if self.takes_photo(call):
                content[PHOTO_TYPE] = {"schema": dict(_PHOTO_SCHEMA)}
            operation["requestBody"] = {"required": True, "content": content}
        else:
            parameters += self._query(call, without=in_path)
        operation["parameters"] = parameters
        if call.method.name in _OPEN:
            operation["security"] = []
        return _ordered(operation)

    def of_photo(self, call: Call) -> dict[str, Any]:
        """Return a call with a photo as its body and the other fields as query parameters."""
        operation = self._common(call, f"{call.method.name}Photo")
        operation["summary"] += " (photo as the body)"
        photo = {"schema": dict(_PHOTO_SCHEMA)}
        operation["requestBody"] = {
            "required": True,
            "description": "The photo's bytes, of any type that the service reads.",
            "content": {PHOTO_TYPE: photo},
        }
        operation["parameters"] = self._query(call, without=_IMAGES)
        return _ordered(operation)

    def _takes_files(self, call: Call) -> bool:
        """Tell whether the request has images, which a form may upload."""
        return any(
            field.type == FieldDescriptorProto.TYPE_BYTES and field.name.startswith("image")
            for field in self._contract.messages[call.request].field
        )

    def takes_photo(self, call: Call) -> bool:
        """Tell whether the call's request has a photo."""
        return any(f.name == PHOTO for f in self._contract.messages[call.request].field)

    def _common(self, call: Call, name: str) -> dict[str, Any]:
        comment = self._contract.comment(f"facesvc.v1.{call.service}.{call.method.name}")
        text = comment.removeprefix(f"{call.method.name} ")
        text = text[:1].upper() + text[1:]
        answer: dict[str, Any] = {"schema": self._schemas.reference(call.response)}
        if (example := answer_of(call.method.name)) is not None:
            answer["example"] = example
        return {
            "operationId": name,
            "summary": re.split(r"[.:;,](?:\s|$)", text, maxsplit=1)[0],
            "description": text,
            "tags": [call.service],
            "responses": {
                "200": {
                    "description": self._contract.comment(call.response),
                    "content": {"application/json": answer},
                },
                **errors.references(call),
            },
        }

    def _query(self, call: Call, without: tuple[str, ...] | list[str]) -> list[dict[str, Any]]:
        found = []
        for field in self._contract.messages[call.request].field:
            if field.name in without:
                continue
            if field.type != FieldDescriptorProto.TYPE_MESSAGE:
                found.append(self._parameter(call, field.name, "query"))
            elif field.type_name == ".facesvc.v1.FaceSelection":
                found += self._selection(field)
            # A free object, such as metadata, has no form as a query parameter.
        return found

    def _selection(self, field: FieldDescriptorProto) -> list[dict[str, Any]]:
        """Return a face selection's own fields, which the query names with a dot."""
        message = field.type_name.lstrip(".")
        return [
            self._query_parameter(f"{field.name}.{inner.name}", message, inner)
            for inner in self._contract.messages[message].field
        ]

    def _parameter(self, call: Call, name: str, where: str) -> dict[str, Any]:
        fields = {field.name: field for field in self._contract.messages[call.request].field}
        parameter = self._query_parameter(name, call.request, fields[name])
        if where == "path":
            parameter["schema"] = {"minLength": 1, **parameter["schema"]}
            if name == "collection":
                parameter["schema"]["pattern"] = parameter["schema"]["pattern"].removeprefix("^$|")
        if where == "path" and name in _PATH_EXAMPLES:
            parameter["example"] = _PATH_EXAMPLES[name]
        required = where == "path" or f"{short(call.request)}.{name}" in REQUIRED
        return {**parameter, "in": where, "required": required}

    def _query_parameter(
        self, name: str, message: str, field: FieldDescriptorProto
    ) -> dict[str, Any]:
        schema = self._schemas.field(message, field)
        if schema.get("format") == "float":
            del schema["format"]  # Swagger UI has no input of that name
        return {
            "name": name,
            "in": "query",
            "description": schema.pop("description", name),
            "required": False,
            "schema": schema,
        }


def _ordered(operation: dict[str, Any]) -> dict[str, Any]:
    order = (
        "operationId",
        "summary",
        "description",
        "tags",
        "security",
        "parameters",
        "requestBody",
        "responses",
    )
    return {
        key: operation[key]
        for key in order
        if operation.get(key) or (key == "security" and key in operation)
    }
