"""From the values of JSON or a form to a request (ProtoJSON), naming the field in every error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from facesvc.domain.encoded_image import decode_image_text
from facesvc.domain.errors import InvalidFieldError, MalformedRequestError
from facesvc.domain.limits import MAX_WHOLE
from facesvc.transport.rest.json_text import Fraction

_WELL_KNOWN = "google.protobuf."
_HIDDEN_TYPE = "google.api.HttpBody"  # the field for a photo as the whole body
_MASK = "google.protobuf.FieldMask"
_MAX_SHOWN_NAME = 64
_NAMES_OF_PHOTOS = {"file", "photo", "picture", "upload"}  # with other services
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_BOUNDS = {
    **dict.fromkeys(
        (FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_SINT32, FieldDescriptor.TYPE_SFIXED32),
        (-(2**31), 2**31 - 1),
    ),
    **dict.fromkeys((FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_FIXED32), (0, 2**32 - 1)),
    **dict.fromkeys(
        (FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_SINT64, FieldDescriptor.TYPE_SFIXED64),
        (-(2**63), 2**63 - 1),
    ),
    **dict.fromkeys((FieldDescriptor.TYPE_UINT64, FieldDescriptor.TYPE_FIXED64), (0, 2**64 - 1)),
}
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_FIELDS: dict[str, dict[str, FieldDescriptor]] = {}  # by the message's name, as they are asked for
_FLOATS = (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE)


def fill(message: Message, values: Mapping[str, Any], *, path: str = "") -> None:
    """Set a message's fields. Values are JSON's; bytes may come as they are.

    Raises MalformedRequestError for a name or a type that does not fit, InvalidFieldError for a
    number or an image that cannot be kept. None repeats a value.
    """
    fields = _fields_of(message.DESCRIPTOR.full_name, message.DESCRIPTOR)
    chosen: dict[str, str] = {}
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            raise _unknown(name, path, fields)
        if value is None:  # JSON's null is a field that is not there
            continue
        where = path + field.name
        _refuse_second(message, field, chosen, where)
        if field.is_repeated:
            _fill_repeated(message, field, value, where)
        elif field.message_type is not None:
            _fill_message(getattr(message, field.name), value, where)
            getattr(message, field.name).SetInParent()
        else:
            setattr(message, field.name, _scalar(field, value, where))


def _fields_of(name: str, descriptor: Any) -> dict[str, FieldDescriptor]:
    """Return a message's fields by both of their names, as ProtoJSON has them."""
    if name not in _FIELDS:
        _FIELDS[name] = _read_fields(descriptor)
    return _FIELDS[name]


def is_hidden(field: FieldDescriptor) -> bool:
    """Tell whether the field is no caller's to name: it is for a photo as the whole body."""
    return field.message_type is not None and field.message_type.full_name == _HIDDEN_TYPE


def _read_fields(descriptor: Any) -> dict[str, FieldDescriptor]:
    return {
        name: field
        for field in descriptor.fields
        if not is_hidden(field)
        for name in (field.name, field.json_name)
    }


def _unknown(name: str, path: str, fields: Mapping[str, FieldDescriptor]) -> MalformedRequestError:
    shown = path + name if _NAME.fullmatch(name) and len(name) <= _MAX_SHOWN_NAME else path or "?"
    names = {field.name for field in fields.values()}
    near = get_close_matches(name[:_MAX_SHOWN_NAME], names, 1)
    if not near and name.lower() in _NAMES_OF_PHOTOS and "image" in names:
        near = ["image"]
    hint = f" Is {path}{near[0]} meant?" if near else ""
    return MalformedRequestError(f"No field of this call is named {shown}.{hint}", field=shown)


def _refuse_second(
    message: Message, field: FieldDescriptor, chosen: dict[str, str], where: str
) -> None:
    """Refuse a field that is there already, and a second one of those that exclude each other."""
    choice = field.containing_oneof
    if choice is not None and len(choice.fields) > 1:
        other = message.WhichOneof(choice.name) or chosen.get(choice.name)
        chosen[choice.name] = field.name
        if other is not None:
            names = " and ".join(sorted({other, field.name}))
            raise MalformedRequestError(
                f"Of {choice.name} only one may be given, not {names}.", field=where
            )
    elif field in [there for there, _ in message.ListFields()]:
        raise MalformedRequestError(f"{where} is given twice: once is enough.", field=where)


def _fill_repeated(message: Message, field: FieldDescriptor, value: Any, where: str) -> None:
    target = getattr(message, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        raise MalformedRequestError(f"{where} is a map, which requests do not have.", field=where)
    if not isinstance(value, list):
        raise _wrong(where, "a list")
    for index, item in enumerate(value):
        place = f"{where}[{index}]"
        if field.message_type is not None:
            _fill_message(target.add(), item, place)
        else:
            target.append(_scalar(field, item, place))


def _fill_message(message: Message, value: Any, where: str) -> None:
    name = message.DESCRIPTOR.full_name
    if not name.startswith(_WELL_KNOWN):
        if not isinstance(value, dict):
            raise _wrong(where, "an object")
        fill(message, value, path=f"{where}.")
        return
    if name == _MASK and isinstance(value, str):
        # ProtoJSON has lowerCamelCase here; the names of the contract are taken too.
        message.paths.extend(_snake(part.strip()) for part in value.split(",") if part.strip())  # type: ignore[attr-defined] # it is a FieldMask
        return
    try:
        json_format.ParseDict(_plain(value, where), message)
    except (json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError):
        raise _wrong(where, f"what a {name.removeprefix(_WELL_KNOWN)} is in JSON") from None


def _snake(path: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", path)


def _plain(value: Any, where: str) -> Any:
    """Return a JSON value with plain numbers. Raises InvalidFieldError for one that changes."""
    if isinstance(value, dict):
        return {key: _plain(item, f"{where}.{_shown(key)}") for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if (is_whole and abs(value) > MAX_WHOLE) or (isinstance(value, Fraction) and not value.is_kept):
        raise InvalidFieldError(
            f"{where} is a number that would be rounded; send it as text.", field=where
        )
    return float(value) if isinstance(value, Fraction) else value


def _shown(key: str) -> str:
    return key if len(key) <= _MAX_SHOWN_NAME and key.isprintable() else "?"


def _scalar(field: FieldDescriptor, value: Any, where: str) -> Any:
    try:
        return _READERS[field.type](field, value, where)
    except UnicodeEncodeError:
        raise _wrong(where, "valid Unicode") from None


def _text(_: FieldDescriptor, value: Any, where: str) -> str:
    if not isinstance(value, str) or isinstance(value, Fraction):
        raise _wrong(where, "text")
    value.encode()
    return value


def _bytes(field: FieldDescriptor, value: Any, where: str) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return decode_image_text(_text(field, value, where), where)
    except InvalidFieldError as error:
        raise MalformedRequestError(error.message, field=where) from None


def _bool(_: FieldDescriptor, value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(where, "true or false")
    return value


def _float(field: FieldDescriptor, value: Any, where: str) -> float:
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise _wrong(where, "a number") from None
        largest = (
            3.4028235677973366e38 if field.type == FieldDescriptor.TYPE_FLOAT else float("inf")
        )
        if abs(number) <= largest:
            return number
    raise _wrong(where, "a number")


def _int(field: FieldDescriptor, value: Any, where: str) -> int:
    if isinstance(value, Fraction) and float(value).is_integer():
        value = int(float(value))
    elif isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    low, high = _BOUNDS[field.type]
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _wrong(where, f"a whole number from {low} to {high}")
    return value


def _enum(field: FieldDescriptor, value: Any, where: str) -> int:
    choices: Any = field.enum_type  # its kind has one
    names: dict[str, int] = {item.name.lower(): item.number for item in choices.values}
    if isinstance(value, str) and value.lower() in names:
        return names[value.lower()]
    if isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31:
        return value
    told = [item.name for item in choices.values if not item.name.endswith("UNSPECIFIED")]
    raise _wrong(where, f"one of {', '.join(told)}")


_READERS: dict[int, Callable[[FieldDescriptor, Any, str], Any]] = {
    FieldDescriptor.TYPE_STRING: _text,
    FieldDescriptor.TYPE_BYTES: _bytes,
    FieldDescriptor.TYPE_BOOL: _bool,
    FieldDescriptor.TYPE_ENUM: _enum,
    **dict.fromkeys(_FLOATS, _float),
    **dict.fromkeys(_BOUNDS, _int),
}


def _wrong(where: str, expected: str) -> MalformedRequestError:
    return MalformedRequestError(f"{where} must be {expected}.", field=where)
