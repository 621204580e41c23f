"""The files for Kubernetes and systemd fit the schemas, and the settings that they name exist."""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from facesvc.settings import Settings
from gateway.settings import GatewaySettings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
VERSION = "1.31"
SETTINGS = {name.upper() for model in (Settings, GatewaySettings) for name in model.model_fields}


def resources() -> Iterator[Any]:
    """Yield every resource that the kustomization names."""
    names = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    for name in names:
        yield from yaml.safe_load_all((KUBERNETES / name).read_text())


def containers() -> Iterator[Any]:
    """Yield every container with its pod."""
    for resource in resources():
        if resource["kind"] == "Deployment":
            pod = resource["spec"]["template"]["spec"]
            yield from ((container, pod) for container in pod["containers"])


@pytest.mark.parametrize(
    "resource", [*resources()], ids=lambda each: f"{each['kind']}-{each['metadata']['name']}"
)
def test_resource_fits_the_schema_of_kubernetes(resource: Any) -> None:
    """Strictly: a misspelt field is an error."""
    kubernetes_validate.validate(resource, VERSION, strict=True)


def test_settings_exist() -> None:
    """Those of the configuration map and of every container."""
    named = {name for each in resources() if each["kind"] == "ConfigMap" for name in each["data"]}
    for container, _ in containers():
        named |= {variable["name"] for variable in container.get("env", [])}
    assert named <= SETTINGS


def test_replicas_know_each_others_challenges() -> None:
    """Every server has one key from the cluster's secrets, not one of its own."""
    servers = [container for container, _ in containers() if container["name"] == "server"]
    assert servers
    for server in servers:
        shared = {each["name"] for each in server["env"] if "valueFrom" in each}
        assert shared & {"CHALLENGE_KEY", "GATEWAY_SECRET"}


def test_pods_may_do_as_little_as_possible() -> None:
    """No root, no writable root, no capability, no token of the cluster's."""
    for container, pod in containers():
        allowed = container["securityContext"]
        assert allowed["readOnlyRootFilesystem"]
        assert not allowed["allowPrivilegeEscalation"]
        assert allowed["capabilities"] == {"drop": ["ALL"]}
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]


def test_replicas_have_time_to_end() -> None:
    """What the settings ask for fits into the time that Kubernetes gives."""
    (settings,) = (each["data"] for each in resources() if each["kind"] == "ConfigMap")
    needed = float(settings["LAME_DUCK_S"]) + float(settings["DRAIN_S"])
    for _, pod in containers():
        assert pod["terminationGracePeriodSeconds"] > needed + 10


def test_systemd_unit_names_settings_and_commands_that_exist() -> None:
    """The unit's keys come once each but Environment."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # keeps the case
    unit.read(DEPLOY / "systemd" / "facesvc.service")
    given = unit["Service"]["Environment"].split()
    assert {pair.partition("=")[0] for pair in given} <= SETTINGS
    assert unit["Service"]["ExecStart"].endswith("-m gateway.run")
