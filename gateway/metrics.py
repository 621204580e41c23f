"""The service's metrics for the console's charts, at /metrics of the page's own origin.

Only where anybody may call everything: with API keys, Prometheus reads METRICS_PORT and the page
does without. Only for the server beside this gateway: of several, each has metrics of its own.
"""

from __future__ import annotations

from typing import Any

from facesvc.settings import Settings
from gateway.settings import GatewaySettings

CLUSTER = "metrics"


def shows_metrics(settings: Settings, gateway: GatewaySettings) -> bool:
    """Return whether the console may read the metrics."""
    return bool(
        gateway.console
        and settings.metrics_port
        and settings.api_keys_file is None
        and not gateway.gateway_upstream
    )


def metrics_route() -> dict[str, Any]:
    """Return Envoy's route to the metrics."""
    off = {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}
    return {
        "match": {
            "path": "/metrics",
            "headers": [{"name": ":method", "string_match": {"exact": "GET"}}],
        },
        "route": {"cluster": CLUSTER, "timeout": "5s"},
        "typed_per_filter_config": {"envoy.filters.http.grpc_json_transcoder": off},
    }


def metrics_cluster(host: str, port: int) -> dict[str, Any]:
    """Return Envoy's cluster of the one server that the metrics are of."""
    address = {"socket_address": {"address": host, "port_value": port}}
    return {
        "name": CLUSTER,
        "type": "STRICT_DNS",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": CLUSTER,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    }
