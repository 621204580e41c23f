from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Scope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCOPE_UNSPECIFIED: _ClassVar[Scope]
    SCOPE_PUBLIC: _ClassVar[Scope]
    SCOPE_ANALYZE: _ClassVar[Scope]
    SCOPE_SEARCH: _ClassVar[Scope]
    SCOPE_ENROLL: _ClassVar[Scope]
    SCOPE_ADMIN: _ClassVar[Scope]
    SCOPE_EVENTS: _ClassVar[Scope]
SCOPE_UNSPECIFIED: Scope
SCOPE_PUBLIC: Scope
SCOPE_ANALYZE: Scope
SCOPE_SEARCH: Scope
SCOPE_ENROLL: Scope
SCOPE_ADMIN: Scope
SCOPE_EVENTS: Scope
ACCESS_FIELD_NUMBER: _ClassVar[int]
access: _descriptor.FieldDescriptor

class Access(_message.Message):
    __slots__ = ("scope", "collection", "no_default", "first_request_only", "audited")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    NO_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    FIRST_REQUEST_ONLY_FIELD_NUMBER: _ClassVar[int]
    AUDITED_FIELD_NUMBER: _ClassVar[int]
    scope: Scope
    collection: str
    no_default: bool
    first_request_only: bool
    audited: bool
    def __init__(self, scope: _Optional[_Union[Scope, str]] = ..., collection: _Optional[str] = ..., no_default: _Optional[bool] = ..., first_request_only: _Optional[bool] = ..., audited: _Optional[bool] = ...) -> None: ...
