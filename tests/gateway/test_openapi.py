"""The OpenAPI document says what the gateway does: fuzzed against it, its examples checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.gateway.schemathesis_hooks import PHOTO
from tests.gateway.stack import ROOT, running

DOCUMENT = yaml.safe_load((ROOT / "gateway" / "openapi.yaml").read_text())
OPERATIONS = [
    (path, verb, operation)
    for path, verbs in DOCUMENT["paths"].items()
    for verb, operation in verbs.items()
]
# A request that the document allows may still be refused (metadata of too many bytes, say): then
# with a status that it names, and a body of its shape.
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]
CALLS_AN_OPERATION = 5


def test_no_call_is_answered_otherwise_than_the_document_says(tmp_path: Path) -> None:
    """Schemathesis: valid, borderline and broken requests; no 5xx, no unknown status or shape."""
    # It fetches nothing: the URLs are made up.
    with running(tmp_path, IMAGE_URL_FETCH="false", LOG_LEVEL="WARNING") as stack:
        assert stack.rest.post_photo("/photos/enroll?user_id=anna", PHOTO).status == 200
        fuzzed = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                *("run", f"http://127.0.0.1:{stack.rest.port}/openapi.yaml"),
                *("--checks", ",".join(CHECKS)),
                *("--max-examples", str(CALLS_AN_OPERATION)),
                *("--mode", "all", "--phases", "examples,coverage,fuzzing"),
                *("--generation-deterministic", "--continue-on-failure", "--no-color"),
            ],
            cwd=tmp_path,
            env=os.environ
            | {
                "SCHEMATHESIS_HOOKS": "tests.gateway.schemathesis_hooks",
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            text=True,
            timeout=280,
        )
    assert fuzzed.returncode == 0, fuzzed.stdout[-12_000:] + fuzzed.stderr[-2000:]
    assert f"Tested: {len(OPERATIONS)}" in fuzzed.stdout


@pytest.mark.parametrize(
    ("path", "verb", "operation"),
    OPERATIONS,
    ids=[operation["operationId"] for *_, operation in OPERATIONS],
)
def test_every_call_has_examples_and_says_how_it_fails(
    path: str, verb: str, operation: dict[str, Any]
) -> None:
    """Real answers that fit their schemas; every error by its status, none by default."""
    answer = operation["responses"]["200"]["content"]["application/json"]
    check(answer["example"], answer["schema"])
    assert operation["summary"]
    assert "default" not in operation["responses"]
    assert {"400", "429", "500", "503", "504"} <= set(operation["responses"])
    if verb in ("post", "put"):
        content = operation["requestBody"]["content"]
        assert {"413", "415"} <= set(operation["responses"])
        if path.startswith("/photos/"):
            assert list(content) == ["application/octet-stream"]
        else:
            fields = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            properties = DOCUMENT["components"]["schemas"][fields]["properties"]
            versions = [one for one in properties if one.startswith("expected_")]
            assert ("409" in operation["responses"]) == bool(versions)
            files = [one for one in properties if one in ("image", "image_1", "images")]
            assert ("multipart/form-data" in content) == bool(files)
            assert ("application/octet-stream" in content) == (
                f"/photos{path}" in DOCUMENT["paths"]
            )
            check(content["application/json"]["example"], content["application/json"]["schema"])
            in_query = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
            assert in_query == []


FORMS = [
    (path, operation["requestBody"]["content"]["multipart/form-data"]["schema"]["$ref"])
    for path, _, operation in OPERATIONS
    if "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
]


@pytest.mark.parametrize(("path", "form"), FORMS, ids=[path for path, _ in FORMS])
def test_forms_upload_files_and_have_the_fields_of_the_json(path: str, form: str) -> None:
    """Images are binary there, base64 in JSON; all else is the same."""
    schemas = DOCUMENT["components"]["schemas"]
    uploaded = schemas[form.rpartition("/")[2]]["properties"]
    in_json = schemas[form.rpartition("/")[2].removesuffix("Form")]["properties"]
    assert uploaded.keys() == in_json.keys()
    files = {name for name in uploaded if uploaded[name] != in_json[name]}
    assert files, path
    for name in files:
        one, other = uploaded[name], in_json[name]
        if one["type"] == "array":
            one, other = one["items"], other["items"]
        assert (one["format"], other["contentEncoding"]) == ("binary", "base64")


@pytest.mark.parametrize("name", DOCUMENT["components"]["responses"])
def test_every_error_has_a_body_of_its_shape(name: str) -> None:
    """With a reason that the description lists."""
    response = DOCUMENT["components"]["responses"][name]
    content = response["content"]["application/json"]
    check(content["example"], content["schema"])
    assert f"`{content['example']['details'][0]['reason']}`" in response["description"]


def check(example: Any, schema: dict[str, Any]) -> None:
    """Fail when an example does not fit a schema of the document."""
    validator = jsonschema.Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]},
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )
    validator.validate(example)
