"""HTML forms: multipart/form-data (RFC 7578) and application/x-www-form-urlencoded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from google.protobuf.descriptor import FieldDescriptor

from facesvc.domain.errors import MalformedRequestError
from facesvc.transport.rest.json_text import read_json
from facesvc.transport.rest.to_message import is_hidden

_MAX_PARTS = 1000
_MAX_HEADER_BYTES = 4096
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,200})"|([^\s;,"]{1,200}))', re.IGNORECASE)
_NAME = re.compile(rb';\s*name=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))', re.IGNORECASE)
_DISPOSITION = re.compile(
    rb"^content-disposition:\s*form-data\b(.*)$", re.IGNORECASE | re.MULTILINE
)
_WORDS = {"true": True, "false": False}


def read_multipart(body: bytes, content_type: str, request: Any) -> dict[str, Any]:
    """Return a form's values by field. Raises MalformedRequestError."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise MalformedRequestError("The form's content type names no boundary.")
    mark = b"--" + (boundary[1] or boundary[2]).encode("latin-1", "replace")
    return _collect(_parts(body, mark), request)


def read_urlencoded(body: bytes, request: Any) -> dict[str, Any]:
    """Return a form's values by field. Raises MalformedRequestError."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_PARTS,
        )
    except ValueError:
        raise MalformedRequestError("The form cannot be read; JSON is taken too.") from None
    return _collect(((name, value.encode()) for name, value in pairs), request)


def _parts(body: bytes, mark: bytes) -> Iterator[tuple[str, bytes]]:
    """Return each part's name and content."""
    if not body.startswith(mark):
        body = b"\r\n" + body  # a preamble may come before the first mark
    position = body.find(mark)
    for _ in range(_MAX_PARTS):
        if position < 0:
            raise MalformedRequestError("The form does not end.")
        start = position + len(mark)
        if body[start : start + 2] == b"--":
            return
        head = body.find(b"\r\n\r\n", start, start + _MAX_HEADER_BYTES)
        end = body.find(b"\r\n" + mark, start)
        if head < 0 or end < 0 or head > end:
            raise MalformedRequestError("A part of the form has no end of its header.")
        yield _name_of(body[start : head + 2]), body[head + 4 : end]
        position = end + 2
    raise MalformedRequestError(f"The form has more than {_MAX_PARTS} parts.")


def _name_of(header: bytes) -> str:
    disposition = _DISPOSITION.search(header.replace(b"\r", b""))
    name = _NAME.search(disposition[1]) if disposition else None
    if name is None:
        raise MalformedRequestError("A part of the form has no name.")
    return re.sub(rb"\\(.)", rb"\1", name[1] or name[2] or b"").decode("utf-8", "replace")


def _collect(parts: Iterator[tuple[str, bytes]] | Any, request: Any) -> dict[str, Any]:
    """Return what JSON would hold: bytes and text as they are, other types as they are written."""
    values: dict[str, Any] = {}
    for name, content in parts:
        field = request.fields_by_name.get(name) or request.fields_by_camelcase_name.get(name)
        if field is not None and is_hidden(field):
            field = None
        if not content and (field is None or field.message_type is not None or not _is_text(field)):
            continue  # browsers send what is left empty
        value = content if field is None else _value(field, content)
        if field is not None and field.is_repeated:
            values.setdefault(field.name, []).append(value)
        elif name in values:
            raise MalformedRequestError("The form gives a field twice.", field=name)
        else:
            values[name] = value
    return values


def _is_text(field: FieldDescriptor) -> bool:
    return field.type == FieldDescriptor.TYPE_STRING


def _value(field: FieldDescriptor, content: bytes) -> Any:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return content
    if field.message_type is not None:
        try:
            return read_json(content)
        except MalformedRequestError as error:
            raise MalformedRequestError(
                f"{field.name}: {error.message}", field=field.name
            ) from None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedRequestError(f"{field.name} is not UTF-8.", field=field.name) from None
    if field.type == FieldDescriptor.TYPE_BOOL:
        return _WORDS.get(text.lower(), text)
    return text
