"""The dashboard and the alert rules ask for metrics that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import promql_parser
import pytest
import yaml

from facesvc.application.ports.engine import PackInfo
from facesvc.domain.gallery import GalleryStatus
from facesvc.metrics.catalog import Metrics

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "monitoring"
GIVEN = {"up"}  # by Prometheus itself


def rules() -> Iterator[str]:
    """Yield every alert's expression."""
    for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def panels() -> Iterator[str]:
    """Yield every panel's expressions, with Grafana's variables filled in."""
    for panel in json.loads((FOLDER / "grafana-dashboard.json").read_text())["panels"]:
        for target in panel["targets"]:
            yield target["expr"].replace("$__rate_interval", "5m").replace("$job", ".*")


def names_served() -> set[str]:
    """Return the names of every sample and bucket that the service tells."""

    class Gate:
        waiting = computing = 0

    metrics = Metrics()
    metrics.describe("1", PackInfo("p", "l", "d", "r", 512, "CPU"))
    metrics.watch_gate(Gate(), 2)
    metrics.watch_gallery(lambda: GalleryStatus("memory", "ok", 0, 0, 0))
    metrics.began("Embed")
    metrics.ended("Embed", "OK", 0.1)
    metrics.refused("NO_FACE")
    metrics.delivered("hr", 0.1)
    metrics.stages.labels("detect").observe(0.1)
    return {sample.name for family in metrics.registry.collect() for sample in family.samples}


@pytest.mark.parametrize("expression", [*rules(), *panels()])
def test_expression_is_promql_over_metrics_that_exist(expression: str) -> None:
    """Parsed by a PromQL parser; every selector names a metric that the service serves."""
    promql_parser.parse(expression)
    asked = set(re.findall(r"\b(?:facesvc|process)_[a-z_]+\b|\bup\b", expression))
    assert asked, expression
    assert asked <= names_served() | GIVEN
