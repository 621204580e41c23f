"""Derive the two descriptor sets by which Envoy hands REST bodies over as they come.

Envoy's transcoder decides once a method, from its HTTP rule, what a body is. Two sets are loaded,
and a route on the content type chooses between them:

- bodies: each rule with a body hands it, and its content type, over in a field that only this set
  knows; facesvc/transport/rest/ reads JSON and forms from there.
- photo bodies: the rule of each method whose request has a ``photo`` says ``body: "photo"``.
"""

from __future__ import annotations

from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)

PHOTO_FIELD = "photo"
PHOTO_PATH = "/photos"  # the same calls for those who cannot choose a content type
HTTP_BODY = ".google.api.HttpBody"
HTTP_BODY_FILE = "google/api/httpbody.proto"
BODY_FIELD, BODY_NUMBER = "rest_body", 18_999  # facesvc/transport/rest/requests.py


def with_bodies(descriptor_set: bytes) -> bytes:
    """Return the set in which every body arrives as it is."""
    files, messages = _parse(descriptor_set)
    for file in files.file:
        for method in _methods(file):
            rule = method.options.Extensions[annotations_pb2.http]
            if not rule.body:
                continue
            rule.body = BODY_FIELD
            request = messages[method.input_type]
            if not any(field.name == BODY_FIELD for field in request.field):
                request.field.append(
                    FieldDescriptorProto(
                        name=BODY_FIELD,
                        number=BODY_NUMBER,
                        label=FieldDescriptorProto.LABEL_OPTIONAL,
                        type=FieldDescriptorProto.TYPE_MESSAGE,
                        type_name=HTTP_BODY,
                    )
                )
            if HTTP_BODY_FILE not in file.dependency:
                file.dependency.append(HTTP_BODY_FILE)
    return _in_order(files).SerializeToString(deterministic=True)


def with_photo_bodies(descriptor_set: bytes) -> bytes:
    """Return the set with photo bodies; methods without a photo lose their REST path."""
    files, messages = _parse(descriptor_set)
    for file in files.file:
        for method in _methods(file):
            if _takes_photo(messages.get(method.input_type)):
                rule = method.options.Extensions[annotations_pb2.http]
                rule.body = PHOTO_FIELD
                rule.additional_bindings.add(post=PHOTO_PATH + rule.post, body=PHOTO_FIELD)
            else:
                method.options.ClearExtension(annotations_pb2.http)
    return files.SerializeToString(deterministic=True)


def _in_order(files: FileDescriptorSet) -> FileDescriptorSet:
    """Return the files so that each comes behind those that it depends on, as Envoy reads them."""
    by_name = {file.name: file for file in files.file}
    placed: dict[str, None] = {}

    def place(name: str) -> None:
        if name not in placed:
            for needed in by_name[name].dependency:
                place(needed)
            placed[name] = None

    for name in by_name:
        place(name)
    return FileDescriptorSet(file=[by_name[name] for name in placed])


def _parse(descriptor_set: bytes) -> tuple[FileDescriptorSet, dict[str, DescriptorProto]]:
    files = FileDescriptorSet.FromString(descriptor_set)
    messages = {
        f".{file.package}.{message.name}": message
        for file in files.file
        for message in file.message_type
    }
    return files, messages


def _methods(file: object) -> list[MethodDescriptorProto]:
    return [method for service in file.service for method in service.method]  # type: ignore[attr-defined]


def _takes_photo(message: DescriptorProto | None) -> bool:
    return message is not None and any(
        field.name == PHOTO_FIELD and field.type_name == HTTP_BODY for field in message.field
    )
