"""The contract with its comments: descriptors of protos/ as protoc writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)

PACKAGE = "facesvc.v1"
# Field numbers in descriptor.proto, of which the paths of comments are made.
_MESSAGE, _ENUM, _SERVICE = 4, 5, 6
_FIELD, _NESTED, _INNER_ENUM, _VALUE, _METHOD = 2, 3, 4, 2, 2
_LINT = re.compile(r"^ ?buf:lint:ignore.*$", re.MULTILINE)


@dataclass(frozen=True)
class Call:
    """One REST call of the contract."""

    service: str
    method: MethodDescriptorProto
    verb: str
    path: str
    body: str

    @property
    def request(self) -> str:
        """Full name of the request message."""
        return self.method.input_type.lstrip(".")

    @property
    def response(self) -> str:
        """Full name of the response message."""
        return self.method.output_type.lstrip(".")


class Contract:
    """Messages, enums, calls and comments by full name, such as facesvc.v1.Match.name."""

    def __init__(self, descriptors: bytes) -> None:
        self.messages: dict[str, DescriptorProto] = {}
        self.enums: dict[str, EnumDescriptorProto] = {}
        self.calls: list[Call] = []
        self.services: list[str] = []
        self._comments: dict[str, str] = {}
        for file in FileDescriptorSet.FromString(descriptors).file:
            comments = {
                tuple(location.path): _prose(location.leading_comments)
                for location in file.source_code_info.location
                if location.leading_comments
            }
            for index, message in enumerate(file.message_type):
                self._add_message(file.package, message, (_MESSAGE, index), comments)
            for index, enum in enumerate(file.enum_type):
                self._add_enum(file.package, enum, (_ENUM, index), comments)
            for index, service in enumerate(file.service):
                if file.package != PACKAGE:
                    continue
                name = f"{file.package}.{service.name}"
                self.services.append(name)
                self._comments[name] = comments.get((_SERVICE, index), "")
                for number, method in enumerate(service.method):
                    where = (_SERVICE, index, _METHOD, number)
                    self._comments[f"{name}.{method.name}"] = comments.get(where, "")
                    self.calls += _calls(service.name, method)

    def comment(self, name: str) -> str:
        """Return what the proto says of a message, field, enum, value, service or method."""
        return self._comments.get(name, "")

    def _add_message(
        self,
        scope: str,
        message: DescriptorProto,
        path: tuple[int, ...],
        comments: dict[tuple[int, ...], str],
    ) -> None:
        name = f"{scope}.{message.name}"
        self.messages[name] = message
        self._comments[name] = comments.get(path, "")
        for index, field in enumerate(message.field):
            self._comments[f"{name}.{field.name}"] = comments.get((*path, _FIELD, index), "")
        for index, nested in enumerate(message.nested_type):
            self._add_message(name, nested, (*path, _NESTED, index), comments)
        for index, enum in enumerate(message.enum_type):
            self._add_enum(name, enum, (*path, _INNER_ENUM, index), comments)

    def _add_enum(
        self,
        scope: str,
        enum: EnumDescriptorProto,
        path: tuple[int, ...],
        comments: dict[tuple[int, ...], str],
    ) -> None:
        name = f"{scope}.{enum.name}"
        self.enums[name] = enum
        self._comments[name] = comments.get(path, "")
        for index, value in enumerate(enum.value):
            self._comments[f"{name}.{value.name}"] = comments.get((*path, _VALUE, index), "")


def _calls(service: str, method: MethodDescriptorProto) -> Iterator[Call]:
    rule = method.options.Extensions[annotations_pb2.http]
    for http in (rule, *rule.additional_bindings):
        if verb := http.WhichOneof("pattern"):
            yield Call(service, method, verb, getattr(http, verb), http.body)


def _prose(comment: str) -> str:
    """Return a comment as paragraphs, one a line."""
    text = _LINT.sub("", comment)
    paragraphs = re.split(r"\n\s*\n", text.strip())
    lines = (" ".join(part.split()) for part in paragraphs)
    return "\n\n".join(line for line in lines if not line.startswith("The values carry no prefix"))
