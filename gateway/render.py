"""Put the settings' addresses, the contract's calls, the console and the paths' verbs into
envoy.yaml.

Everything else stays as it is written there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from facesvc.settings import Settings
from gateway.metrics import metrics_cluster, metrics_route, shows_metrics
from gateway.pages import page_routes
from gateway.settings import GatewaySettings
from gateway.tls import downstream_tls
from gateway.verbs import wrong_verb_routes

GATEWAY = Path(__file__).resolve().parent
TEMPLATE = GATEWAY / "envoy.yaml"

# Where a client on this machine finds a server that listens on every address.
LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not listened on

# As the template has it, and as a caller reads it.
BODY_BYTES, BODY_TEXT = 32 * 2**20, "32 MiB"
_BASE64_ROOM = 2**20  # for the JSON around two photos

STATS_FILTER = "envoy.filters.http.grpc_stats"
CORS_FILTER = "envoy.filters.http.cors"
NATIVE_ROUTES = 2  # of the template's: streams, and other calls
NO_SECRET = "none"  # noqa: S105 - beside it no server believes anybody
PATH_KEYS = {"proto_descriptor", "filename"}


def render(settings: Settings, gateway: GatewaySettings, folder: Path) -> str:
    """Return Envoy's configuration as YAML, with absolute paths; ``folder`` takes the files that it
    names.
    """
    limit = body_limit(settings.image_max_bytes)
    template = TEMPLATE.read_text().replace(str(BODY_BYTES), str(limit))
    template = template.replace(BODY_TEXT, f"{limit // 2**20} MiB")
    config: dict[str, Any] = yaml.safe_load(template)
    listener = config["static_resources"]["listeners"][0]
    cluster = config["static_resources"]["clusters"][0]
    endpoint = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    virtual_host = manager["route_config"]["virtual_hosts"][0]

    config["admin"]["address"] = _address(gateway.gateway_admin_host, gateway.gateway_admin_port)
    listener["address"] = _address(settings.host, settings.port)
    if settings.grpc_socket and not gateway.gateway_upstream:
        cluster["type"] = "STATIC"
        endpoint["address"] = {"pipe": {"path": settings.grpc_socket}}
    else:
        endpoint["address"] = _address(*upstream(settings, gateway))
    if settings.serves_tls:
        listener["filter_chains"][0]["transport_socket"] = downstream_tls(settings, folder)
    if settings.tls_client_ca_file:
        # Whose certificate it was: by its names the keys file may know the caller.
        manager["forward_client_cert_details"] = "SANITIZE_SET"
        manager["set_current_client_cert_details"] = {"subject": True, "dns": True, "uri": True}
    virtual_host["typed_per_filter_config"][CORS_FILTER]["allow_origin_string_match"] = [
        {"safe_regex": {"regex": ".*"}} if origin == "*" else {"exact": origin}
        for origin in gateway.cors_origins
    ]
    manager["xff_num_trusted_hops"] = gateway.gateway_trusted_hops
    secret = settings.gateway_secret.get_secret_value() or NO_SECRET
    virtual_host["request_headers_to_add"][-1]["header"]["value"] = secret
    _grpc_stats(manager)["individual_method_stats_allowlist"] = {"services": counted_methods()}
    _make_paths_absolute(config)
    # Native gRPC comes first, as in the template: no verb and no page is its business.
    native, rest = virtual_host["routes"][:NATIVE_ROUTES], virtual_host["routes"][NATIVE_ROUTES:]
    refusals = wrong_verb_routes(rest[-1]["route"])
    pages = page_routes() if gateway.console else []
    if pages and shows_metrics(settings, gateway):
        pages.append(metrics_route())
        server = metrics_cluster(reachable(settings.host), settings.metrics_port)
        config["static_resources"]["clusters"].append(server)
    virtual_host["routes"] = [*native, *refusals, *pages, *rest]
    return yaml.safe_dump(config, sort_keys=False)


def body_limit(image_max_bytes: int) -> int:
    """Return the bytes of the largest body, in whole MiB: two photos as base64 fit in."""
    two_photos = 2 * -(-image_max_bytes // 3) * 4 + _BASE64_ROOM
    return max(BODY_BYTES, -(-two_photos // 2**20) * 2**20)


def counted_methods() -> list[dict[str, Any]]:
    """Return the calls that Envoy counts, each by its name: all of the contract's."""
    files = FileDescriptorSet.FromString((GATEWAY / "facesvc.pb").read_bytes()).file
    return [
        {
            "name": f"{file.package}.{service.name}",
            "method_names": [method.name for method in service.method],
        }
        for file in files
        for service in file.service
        if file.package.startswith("facesvc.")
    ]


def _grpc_stats(manager: dict[str, Any]) -> dict[str, Any]:
    (found,) = (each for each in manager["http_filters"] if each["name"] == STATS_FILTER)
    config: dict[str, Any] = found["typed_config"]
    return config


def upstream(settings: Settings, gateway: GatewaySettings) -> tuple[str, int]:
    """Return host and port of the gRPC server."""
    if not gateway.gateway_upstream:
        return reachable(settings.host), settings.grpc_port
    host, _, port = gateway.gateway_upstream.rpartition(":")
    return host.strip("[]"), int(port)


def reachable(host: str) -> str:
    """Return the address by which this machine reaches a server that listens on ``host``."""
    return LOOPBACK_OF.get(host, host)


def in_url(host: str) -> str:
    """Return the host as it stands in a URL: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}


def _make_paths_absolute(node: Any) -> None:
    """Envoy reads paths from where it was started, which need not be the repository."""
    if isinstance(node, dict):
        for key in PATH_KEYS & node.keys():
            node[key] = str(GATEWAY / Path(node[key]).name)
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            _make_paths_absolute(item)
