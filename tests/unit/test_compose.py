"""The files for Docker Compose and its workflows fit their schemas, and fit each other."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ruamel.yaml import YAML

from facesvc.settings import Settings
from gateway.settings import GatewaySettings

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
SERVICE, GPU, WATCHED = (
    ROOT / "compose.yaml",
    ROOT / "compose.gpu.yaml",
    MONITORING / "compose.yaml",
)
SETTINGS = {name.upper() for model in (Settings, GatewaySettings) for name in model.model_fields}


def read(path: Path) -> Any:
    """Return a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def schema(name: str) -> Any:
    """Return a schema that check-jsonschema brings along."""
    folder = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def mounts(service: str) -> dict[str, Path | None]:
    """Return a service's places of the monitoring file with the files there; None is a volume."""
    places = {}
    for volume in read(WATCHED)["services"][service]["volumes"]:
        source, place = volume.split(":")[:2]
        places[place] = ROOT / source if source.startswith(".") else None
    return places


@pytest.mark.parametrize("path", [SERVICE, GPU, WATCHED], ids=lambda p: str(p.relative_to(ROOT)))
def test_compose_file_fits_the_schema(path: Path) -> None:
    """The Compose specification's own, which knows every field."""
    jsonschema.validate(read(path), schema("compose-spec"))


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "workflows").iterdir()), ids=lambda path: path.name
)
def test_workflow_fits_the_schema(path: Path) -> None:
    """GitHub's, from SchemaStore; in YAML 1.2, where ``on`` is a word."""
    jsonschema.validate(YAML(typ="safe").load(path), schema("github-workflows"))


def test_a_misspelt_field_does_not_fit() -> None:
    """The schema is strict where it matters."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"services": {"server": {"comand": []}}}, schema("compose-spec"))


def test_settings_of_the_services_exist() -> None:
    """Those of the server and of the gateway."""
    services = read(SERVICE)["services"]
    for name in ("server", "gateway"):
        assert services[name]["environment"].keys() <= SETTINGS


def test_the_files_together_name_only_what_is_there() -> None:
    """Networks, volumes, services and mounted files."""
    base, watched = read(SERVICE), read(WATCHED)
    services = base["services"] | watched["services"]
    networks, volumes = base["networks"], base["volumes"] | watched["volumes"]
    for name, service in watched["services"].items():
        assert set(service["networks"]) <= networks.keys()
        assert set(service["depends_on"]) <= services.keys()
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert (ROOT / source).is_file() if source.startswith(".") else source in volumes, name


def test_prometheus_finds_every_server_and_the_alerts() -> None:
    """By the service's name and the default port of the metrics, on a network that both are on."""
    places = mounts("prometheus")
    config = read(places["/etc/prometheus/prometheus.yml"] or Path())
    assert all(places[file] == MONITORING / "alerts.yaml" for file in config["rule_files"])
    (found,) = config["scrape_configs"][0]["dns_sd_configs"]
    assert found["names"] == ["server"]
    assert found["port"] == Settings.model_fields["metrics_port"].default
    servers = read(SERVICE)["services"]["server"]["networks"]
    assert set(read(WATCHED)["services"]["prometheus"]["networks"]) & set(servers)


def test_grafana_finds_its_data_and_the_dashboard() -> None:
    """What is provisioned leads to Prometheus' port and to where the dashboard is mounted."""
    places = mounts("grafana")
    provisioned = "/etc/grafana/provisioning"
    (source,) = read(places[f"{provisioned}/datasources/facesvc.yaml"] or Path())["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
    (provider,) = read(places[f"{provisioned}/dashboards/facesvc.yaml"] or Path())["providers"]
    dashboard = f"{provider['options']['path']}/facesvc.json"
    assert places[dashboard] == MONITORING / "grafana-dashboard.json"
    environment = read(WATCHED)["services"]["grafana"]["environment"]
    assert environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == dashboard
    scraped = read(MONITORING / "prometheus.compose.yaml")["global"]["scrape_interval"]
    assert source["jsonData"]["timeInterval"] == scraped


def test_nothing_but_the_gateway_and_grafana_is_published_and_only_on_this_machine() -> None:
    """Metrics hold no secrets, but are nobody else's business."""
    services = read(SERVICE)["services"] | read(WATCHED)["services"]
    published = {name: each["ports"] for name, each in services.items() if "ports" in each}
    assert published.keys() == {"gateway", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
