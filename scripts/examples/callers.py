"""Make the calls of a recording: over REST by curl, over gRPC by grpcurl."""

from __future__ import annotations

import base64
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from generate_stubs import ROOT

from examples.shorten import shortened, shown
from facesvc.transport.contract import Method, methods

# What stands for a photo in the OpenAPI document.
URL = "https://example.org/anna.jpg"
URLS = {
    "image_url": URL,
    "image_url_1": URL,
    "image_url_2": "https://example.org/visitor.jpg",
}
IMAGES = {"image_url": "image", "image_url_1": "image_1", "image_url_2": "image_2"}
SAMPLES = "data/samples"
REST_SHOWN, GRPC_SHOWN = "localhost:8000", "localhost:50051"
CURL = ["curl", "-s", "--fail-with-body"]
GRPCURL = str(Path(sys.executable).with_name("grpcurl"))
BY_NAME: dict[str, Method] = {method.name: method for method in methods()}
_BODIES = ("POST", "PUT", "PATCH")


class Caller(Protocol):
    """Makes a call and remembers it by name; the first of a name is the one that is shown."""

    def __call__(
        self, name: str, verb: str, path: str, request: Any = None, **photos: str
    ) -> dict[str, Any]:
        """Return the answer, by the contract's names. ``photos`` are sample photos by field."""
        ...

    def stream(self, name: str, *requests: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the answers of a call that is no REST call; nothing over REST."""
        ...


class RestCaller:
    """Calls by curl; a photo goes as a file of a form."""

    def __init__(self, port: int) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self._address = f"127.0.0.1:{port}"

    def __call__(
        self, name: str, verb: str, path: str, request: Any = None, **photos: str
    ) -> dict[str, Any]:
        """See Caller."""
        fields = dict(request or {})
        words = list(CURL)
        if verb not in ("GET", "POST"):
            words += ["-X", verb]
        if photos:
            words += [word for part in _form(fields, photos) for word in ("-F", part)]
        elif verb in _BODIES:
            words += ["-H", "content-type: application/json", "-d", _json(fields)]
        words.append(self._address + path)
        answer = json.loads(_run(words, name))
        entry: dict[str, Any] = {"answer": shortened(answer)}
        if verb in _BODIES:
            urls: dict[str, Any] = {
                url: URLS[url] for url, field in IMAGES.items() if field in photos
            }
            if "images" in photos:
                urls = {"image_urls": [URL]}
                entry["answer"]["results"][0]["image_url"] = URL
            entry["request"] = {**fields, **urls}
        command = shlex.join(word for word in words if word != "--fail-with-body")
        entry["rest"] = {
            "command": command.replace(self._address, REST_SHOWN) + " | jq",
            "output": _pretty(answer),
        }
        self.found.setdefault(name, entry)
        return dict(answer)

    def stream(self, name: str, *requests: dict[str, Any]) -> list[dict[str, Any]]:
        """See Caller: a stream of both sides has no REST path."""
        del name, requests
        return []


class GrpcCaller:
    """Calls by grpcurl; requests come by standard input, with a photo's base64 in them."""

    def __init__(self, target: str) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self._target = target

    def __call__(
        self, name: str, verb: str, path: str, request: Any = None, **photos: str
    ) -> dict[str, Any]:
        """See Caller."""
        del verb
        fields = {**fields_in(BY_NAME[name], path), **(request or {})}
        if isinstance(fields.get("update_mask"), str):  # grpcurl has its own JSON for masks
            fields["update_mask"] = {"paths": fields["update_mask"].split(",")}
        return self._ask(name, [fields], photos)[0]

    def stream(self, name: str, *requests: dict[str, Any]) -> list[dict[str, Any]]:
        """See Caller. ``photo:`` before a sample photo's name stands for its base64."""
        return self._ask(name, list(requests), {})

    def _ask(
        self, name: str, requests: Sequence[dict[str, Any]], photos: dict[str, str]
    ) -> list[dict[str, Any]]:
        method = BY_NAME[name]
        call = [self._target, method.path.lstrip("/")]
        marked = [
            {**one, **{field: f"photo:{photo}" for field, photo in photos.items()}}
            for one in requests
        ]
        if "images" in photos:
            marked = [{**one, "images": [one["images"]]} for one in marked]
        sent = "\n".join(_json(one) for one in marked)
        words = [GRPCURL, "-plaintext", "-d", "@", *call]
        answers = list(_objects(_run(words, name, _with_photos(sent, _base64_of))))
        shell = _with_photos(sent, lambda photo: f"$(base64 -w0 {SAMPLES}/{photo})")
        if sent == "{}":
            head, tail = "grpcurl -plaintext", ""
        elif len(marked) > 1 or "photo:" in sent or "'" in sent:
            head, tail = "grpcurl -plaintext -d @", f" <<END\n{_cut(shell)}\nEND"
        else:
            head, tail = f"grpcurl -plaintext -d '{_cut(sent)}'", ""
        command = f"{head} {GRPC_SHOWN} {call[1]}{tail}"
        output = "\n".join(_pretty(one) for one in answers)
        self.found.setdefault(name, {"grpc": {"command": command, "output": output}})
        return [_by_contract_names(one) for one in answers]


def fields_in(method: Method, path: str) -> dict[str, Any]:
    """Return the fields that a REST path and its query hold."""
    template = method.rest.split(" ", 1)[1]
    address = urlsplit(path)
    pattern = re.sub(r"\\\{(\w+)[^}]*\\\}", r"(?P<\1>[^/]+)", re.escape(template))
    found = re.fullmatch(pattern, address.path)
    if found is None:
        raise ValueError(f"{method.name} has the path {template}, not {path}")
    fields: dict[str, Any] = {key: unquote(value) for key, value in found.groupdict().items()}
    for key, values in parse_qs(address.query).items():
        repeated = key in ("where", "kinds")
        fields[key] = values if repeated else _scalar(values[0])
    return fields


def _scalar(text: str) -> Any:
    return json.loads(text) if re.fullmatch(r"\d+|true|false", text) else text


def _form(fields: dict[str, Any], photos: dict[str, str]) -> list[str]:
    parts = [f"{field}=@{SAMPLES}/{photo}" for field, photo in photos.items()]
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        parts += [f"{name}={one if isinstance(one, str) else _json(one)}" for one in values]
    return parts


def _run(words: Sequence[str], name: str, sent: str | None = None) -> str:
    done = subprocess.run(
        words, cwd=ROOT, input=sent, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stdout} {done.stderr}")
    return done.stdout


def _objects(text: str) -> list[dict[str, Any]]:
    """Return the JSON values that follow each other."""
    found, at, decoder = [], 0, json.JSONDecoder()
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return found


def _by_contract_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            re.sub(r"(?=[A-Z])", "_", key).lower(): _by_contract_names(inner)
            for key, inner in value.items()
        }
    return [_by_contract_names(one) for one in value] if isinstance(value, list) else value


def _with_photos(text: str, replace: Any) -> str:
    return re.sub(r"photo:([\w/.-]+)", lambda found: replace(found[1]), text)


def _base64_of(photo: str) -> str:
    return base64.b64encode((ROOT / SAMPLES / photo).read_bytes()).decode()


def _cut(text: str) -> str:
    return re.sub(r"[A-Za-z0-9+/=]{600,}", lambda found: found[0][:60] + "...", text)


def _pretty(value: Any) -> str:
    return json.dumps(shown(value), indent=2, ensure_ascii=False)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
