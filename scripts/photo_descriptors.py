"""Derive the descriptor set by which Envoy takes a photo as the whole body of a REST call.

Envoy's transcoder decides once a method, from its HTTP rule, whether the body is JSON or an
``HttpBody``. So that one RPC takes both, the gateway loads two sets: the contract's own, and this
one, where each rule of a method whose request has a ``photo`` says ``body: "photo"``. A route on
the content type chooses between them. Below /photos a photo is taken whatever its content type
says; OpenAPI, where a path has one operation for each verb, describes these.
"""

from __future__ import annotations

from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorSet

PHOTO_FIELD = "photo"
PHOTO_PATH = "/photos"
PHOTO_TYPE = ".google.api.HttpBody"


def derive(descriptor_set: bytes) -> bytes:
    """Return the set with photo bodies; methods without a photo lose their REST path."""
    files = FileDescriptorSet.FromString(descriptor_set)
    messages = {
        f".{file.package}.{message.name}": message
        for file in files.file
        for message in file.message_type
    }
    for file in files.file:
        for service in file.service:
            for method in service.method:
                if _takes_photo(messages.get(method.input_type)):
                    rule = method.options.Extensions[annotations_pb2.http]
                    rule.body = PHOTO_FIELD
                    rule.additional_bindings.add(post=PHOTO_PATH + rule.post, body=PHOTO_FIELD)
                else:
                    method.options.ClearExtension(annotations_pb2.http)
    return files.SerializeToString(deterministic=True)


def _takes_photo(message: DescriptorProto | None) -> bool:
    return message is not None and any(
        field.name == PHOTO_FIELD and field.type_name == PHOTO_TYPE for field in message.field
    )
