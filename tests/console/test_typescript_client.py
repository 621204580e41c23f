"""The TypeScript client in a real browser: a canvas, a file and a camera's frame become photos."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from tests.console.conftest import Console
from tests.gateway.conftest import SAMPLES
from tests.gateway.stack import ROOT, Stack

ESBUILD = ROOT / "console" / "node_modules" / ".bin" / "esbuild"
SCRIPT = """async (photo) => {
  const { gallery } = fc.connect();
  const bytes = Uint8Array.from(atob(photo), (letter) => letter.charCodeAt(0));
  const file = new File([bytes], "obama.jpg", { type: "image/jpeg" });
  const bitmap = await createImageBitmap(file);
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  const offscreen = new OffscreenCanvas(bitmap.width, bitmap.height);
  offscreen.getContext("2d").drawImage(bitmap, 0, 0);
  await gallery.enroll({ userId: "obama", source: await fc.photo(file), collection: "browser" });
  const told = [];
  for (const source of [canvas, offscreen, file]) {
    const image = await fc.photo(source);
    const answer = await gallery.search({ source: image, collection: "browser" });
    told.push([answer.matches[0].userId, answer.matches[0].similarity > 0.9]);
  }
  try {
    const empty = document.createElement("canvas");
    empty.width = 0;
    await fc.photo(empty);
  } catch (error) {
    told.push(error.name);
  }
  try {
    await gallery.getEnrollment({ userId: "nobody", collection: "browser" });
  } catch (error) {
    told.push(error instanceof fc.FacesvcError && error.reason);
  }
  return told;
}"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The client as one script, which makes the global ``fc``."""
    build = [ROOT / "scripts" / "build_typescript.sh", sys.executable]
    subprocess.run(build, check=True, timeout=280)
    made: Path = tmp_path_factory.mktemp("bundle") / "client.js"
    entry = ROOT / "clients" / "typescript" / "dist" / "src" / "web.js"
    options = ["--bundle", "--format=iife", "--global-name=fc", "--footer:js=globalThis.fc = fc;"]
    options += [f"--outfile={made}", "--log-level=warning"]
    subprocess.run([str(ESBUILD), str(entry), *options], check=True, timeout=60)
    return made.read_text()


def test_canvas_and_file_are_recognized(console: Console, service: Stack, bundle: str) -> None:
    """From the page's own origin, without a key; an empty canvas is none, and errors are typed."""
    photo = base64.b64encode((SAMPLES / "barack_obama" / "1.jpg").read_bytes()).decode()
    with console.open(service) as page:
        page.evaluate(bundle)
        told = page.evaluate(SCRIPT, photo)
    assert told == [
        ["obama", True],
        ["obama", True],
        ["obama", True],
        "RangeError",
        "USER_NOT_FOUND",
    ]
