"""The API page: the document of this gateway, and calls that can be tried."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.console.conftest import Console
from tests.gateway.conftest import SAMPLES
from tests.gateway.stack import Stack


def test_a_call_can_be_tried_with_a_photo(console: Console, service: Stack) -> None:
    """Chosen from disk, sent as the whole body, answered below; under the strict policy."""
    with console.open(service, "/docs") as page:
        call = page.locator("#operations-FaceService-AnalyzePhoto")
        call.locator(".opblock-summary-control").click()
        call.locator("input[type=file]").set_input_files(SAMPLES / "barack_obama/4.jpg")
        call.get_by_role("button", name="Execute").click()
        answer = call.locator(".live-responses-table")
        expect(answer.locator("tbody .response-col_status")).to_have_text("200")
        body = json.loads(answer.locator("code.language-json").first.inner_text())
        assert body["faces_detected"] == 1


def test_json_calls_are_prepared_with_examples(console: Console, service: Stack) -> None:
    """The example is in the form: executing it needs no typing."""
    with console.open(service, "/docs") as page:
        call = page.locator("#operations-GalleryService-Enroll")
        call.locator(".opblock-summary-control").click()
        assert "Anna Karina" in call.locator("textarea").input_value()
        health = page.locator("#operations-FaceService-GetHealth")
        health.locator(".opblock-summary-control").click()
        health.get_by_role("button", name="Execute").click()
        status = health.locator(".live-responses-table tbody .response-col_status")
        expect(status).to_have_text("200")
