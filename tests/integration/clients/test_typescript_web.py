"""The TypeScript client for browsers: over gRPC-Web through the real Envoy, with keys."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facesvc.transport.authentication.api_keys import make_api_key
from tests.gateway.stack import Stack, running
from tests.integration.clients.test_typescript import CLIENT, node
from tests.integration.conftest import ROOT, SAMPLES

SCRIPT = """
import { readFileSync } from "node:fs";
import * as fc from "./dist/src/web.js";
const [url, apiKey, folder] = process.argv.slice(1);
const service = fc.connect(url + "/", { apiKey });
const { faces, gallery } = service;
const told = {};
const read = (name) => readFileSync(`${folder}/${name}`);
const obama = read("barack_obama/1.jpg"), biden = read("joe_biden/1.jpg");
const file = new File([obama], "obama.jpg", { type: "image/jpeg" });
const offscreen = { convertToBlob: async ({ type }) => new Blob([obama], { type }) };
const canvas = { toBlob: (done, type) => done(new Blob([biden], { type })) };
const bytes = new Uint8Array(obama);

const enrol = async (userId, source, floor) =>
  (await gallery.enroll({ userId, source: await fc.photo(source), metadata: { floor } })).success;
told.enrolled = [await enrol("obama", file, 3), await enrol("biden", canvas, 4)];
told.found = [];
for (const source of [file, offscreen, bytes, bytes.buffer, new Blob([obama])]) {
  const answer = await gallery.search({ source: await fc.photo(source) });
  told.found.push(answer.matches[0].userId);
}
const dataUrl = `data:image/jpeg;base64,${obama.toString("base64")}`;
told.found.push((await gallery.search({ source: await fc.photo(dataUrl) })).matches[0].userId);
const frames = await Promise.all([file, canvas].map(fc.bytesOf));
told.frames = frames.map((each) => each.length);

const every = async (list, pick) => {
  const all = [];
  for await (const one of list) all.push(pick(one));
  return all;
};
const failure = async (call) => {
  try { await call(); return null; } catch (error) {
    if (!(error instanceof fc.FacesvcError)) return String(error);
    return [error.reason, error.info, error.fields];
  }
};
const noFace = await fc.photo(new Blob([new Uint8Array([1, 2, 3])]));
told.failures = [
  await failure(() => gallery.getEnrollment({ userId: "nobody" })),
  await failure(() => gallery.listGallery({ pageSize: -1 })),
  await failure(() => faces.embed({ source: noFace })),
  await failure(() => every(gallery.exportGallery({ collection: "none" }), (one) => one)),
  await failure(() => fc.connect(url, { apiKey: "wrong" }).gallery.listGallery({})),
  await failure(() => fc.connect(url).gallery.listGallery({})),
  await failure(() => fc.photo("ftp://photos.example/anna.jpg")),
  await failure(() => fc.photo({ nothing: true })),
];

for (let n = 0; n < 5; n++) await enrol(`u${n}`, obama, n);
const name = (user) => user.userId;
told.users = await every(fc.users(service, { pageSize: 2 }), name);
told.chosen = await every(fc.users(service, { pageSize: 1, where: fc.where({ floor: 3 }) }), name);
told.collections = await every(fc.collections(service), (one) => one.collection);
const all = (one) => one;
const events = await every(fc.pastEvents(service, { kinds: ["user.*"], pageSize: 2 }), all);
told.events = events.length;
told.next = await every(fc.pastEvents(service, { cursor: events.at(-1).cursor }), all);
told.letters = await every(fc.deadLetters(service), all);
for await (const user of fc.users(service, { pageSize: 1 })) { told.first = user.userId; break; }
try { fc.connect("faces.example.com"); } catch (error) { told.wrong = error.name; }
console.log(JSON.stringify(told));
"""


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, str]]:
    """Envoy and the service, with keys and events."""
    folder = tmp_path_factory.mktemp("web")
    key, entry = make_api_key("page", ["admin", "enroll", "search", "analyze", "events"], [])
    keys = folder / "keys.toml"
    keys.write_text(entry)
    with running(folder / "service", API_KEYS_FILE=str(keys), EVENTS="true") as stack:
        yield stack, key


@pytest.fixture(scope="module")
def told(keyed: tuple[Stack, str]) -> dict[str, Any]:
    """What the script told of its calls."""
    build = [ROOT / "scripts" / "build_typescript.sh", sys.executable]
    subprocess.run(build, check=True, timeout=280)
    stack, key = keyed
    url = f"http://127.0.0.1:{stack.rest.port}"
    asked = node(url, key, str(SAMPLES), script=SCRIPT)
    assert asked.returncode == 0, asked.stderr
    answers: dict[str, Any] = json.loads(asked.stdout)
    return answers


def test_photos_of_every_kind_are_enrolled_and_found(told: dict[str, Any]) -> None:
    """Files, blobs, canvases of pages and workers, bytes and data URLs."""
    assert told["enrolled"] == [True, True]
    assert told["found"] == ["obama"] * 6
    photos = (SAMPLES / name for name in ("barack_obama/1.jpg", "joe_biden/1.jpg"))
    assert told["frames"] == [photo.stat().st_size for photo in photos]


def test_errors_have_reason_and_fields(told: dict[str, Any]) -> None:
    """Of unary calls and streams; a key that is wrong or missing; what is no photo."""
    unknown, page, image, stream, wrong, missing, url, thing = told["failures"]
    assert unknown[:2] == ["USER_NOT_FOUND", {"user_id": "nobody"}]
    assert (page[0], list(page[2])) == ("INVALID_FIELD", ["page_size"])
    assert image[0] == "IMAGE_UNSUPPORTED"
    assert stream[0] == "COLLECTION_NOT_FOUND"
    assert {wrong[0], missing[0]} == {"UNAUTHENTICATED"}
    assert (url, thing) == (
        "TypeError: a URL of a photo is http(s): or data:",
        "TypeError: a photo is a File, Blob, canvas, bytes or a URL",
    )
    assert told["wrong"] == "TypeError"


def test_lists_are_read_page_by_page(told: dict[str, Any]) -> None:
    """Each once, with filters, and no further than they are wanted."""
    assert told["users"] == ["biden", "obama", "u0", "u1", "u2", "u3", "u4"]
    assert told["chosen"] == ["obama", "u3"]
    assert told["collections"] == ["default"]
    assert (told["events"], told["next"], told["letters"]) == (7, [], [])
    assert told["first"] == "biden"


def test_web_part_needs_no_node() -> None:
    """What a page loads names no module of Node.js, so that any bundler takes it."""
    seen: set[Path] = set()
    left = [CLIENT / "src" / "web.ts"]
    while left:
        file = left.pop()
        if file in seen or "gen" in file.parts:
            continue
        seen.add(file)
        for line in file.read_text().splitlines():
            name = line.rpartition(" from ")[2].strip('";') if " from " in line else ""
            assert not name.startswith("node:"), (file, line)
            assert name != "@connectrpc/connect-node", (file, line)
            if name.startswith("."):
                left.append((file.parent / name).with_suffix(".ts"))
    assert len(seen) > 4
