"""The contract as pages: every call, message, field and enum with what the protos say of it."""

from __future__ import annotations

import re

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, MethodDescriptorProto
from openapi.source import PACKAGE, Contract

_LABELS = {FieldDescriptorProto.LABEL_REPEATED: "repeated "}
_SCALARS = {
    value: name.removeprefix("TYPE_").lower() for name, value in FieldDescriptorProto.Type.items()
}


def contract_page(contract: Contract, methods: dict[str, list[MethodDescriptorProto]]) -> str:
    """Return the page; ``methods`` has each service's methods by its full name."""
    lines = [
        "# Contract",
        "",
        "Written from `protos/` when this site is built. [Calls](../calls.md) has the list in",
        "short, [Errors](../errors.md) every reason.",
        "",
    ]
    for service, found in sorted(methods.items()):
        lines += [f"## {_short(service)}", "", contract.comment(service), ""]
        for method in found:
            lines += _call(contract, service, method)
    lines += ["## Messages", ""]
    for name in sorted(contract.messages):
        if name.startswith(f"{PACKAGE}.") and not contract.messages[name].options.map_entry:
            lines += _message(contract, name)
    lines += ["## Enums", ""]
    for name in sorted(contract.enums):
        if name.startswith(f"{PACKAGE}.") and not name.endswith(".ErrorReason"):
            lines += _enum(contract, name)
    return "\n".join(lines)


def _call(contract: Contract, service: str, method: MethodDescriptorProto) -> list[str]:
    rest = [f"`{c.verb.upper()} {c.path}`" for c in contract.calls if c.method.name == method.name]
    asks = "stream of " if method.client_streaming else ""
    answers = "stream of " if method.server_streaming else ""
    return [
        f"### {method.name}",
        "",
        contract.comment(f"{service}.{method.name}"),
        "",
        f"Takes {asks}{_link(method.input_type)}, answers {answers}{_link(method.output_type)}."
        + (f" REST: {', '.join(rest)}." if rest else ""),
        "",
    ]


def _message(contract: Contract, name: str) -> list[str]:
    lines = [f"### {_short(name)}", "", contract.comment(name), ""]
    message = contract.messages[name]
    if message.field:
        lines += ["| field | type | |", "|---|---|---|"]
    for field in message.field:
        said = contract.comment(f"{name}.{field.name}")
        lines.append(f"| `{field.name}` | {_type(contract, field)} | {_cell(said)} |")
    return [*lines, ""]


def _enum(contract: Contract, name: str) -> list[str]:
    lines = [f"### {_short(name)}", "", contract.comment(name), "", "| value | |", "|---|---|"]
    values = [each.name for each in contract.enums[name].value]
    rows = [f"| `{value}` | {_cell(contract.comment(f'{name}.{value}'))} |" for value in values]
    return [*lines, *rows, ""]


def _type(contract: Contract, field: FieldDescriptorProto) -> str:
    entry = contract.messages.get(field.type_name.lstrip("."))
    if entry is not None and entry.options.map_entry:
        return f"map of {' to '.join(_type(contract, part) for part in entry.field)}"
    word = _link(field.type_name) if field.type_name else _SCALARS[field.type]
    return _LABELS.get(field.label, "") + ("optional " if field.proto3_optional else "") + word


def _link(full_name: str) -> str:
    name = full_name.lstrip(".")
    short = _short(name)
    if not name.startswith(f"{PACKAGE}.") or name.endswith(".ErrorReason"):
        return f"`{short}`"
    return f"[{short}](#{re.sub(r'[^a-z0-9_-]', '', short.lower())})"


def _short(full_name: str) -> str:
    return full_name.lstrip(".").removeprefix(f"{PACKAGE}.")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n\n", "<br>").replace("\n", " ")
