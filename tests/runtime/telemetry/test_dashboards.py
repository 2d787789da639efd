"""The dashboard and the alert rules name metrics that a real exporter gives out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY, generate_latest

from idem_runtime import Idempotency
from idem_runtime.errors import IdempotencyError
from idem_runtime.execution.observers import _NAMES, OUTCOMES
from idem_runtime.telemetry import instrument
from tests.runtime.telemetry.test_telemetry import transfers

FOLDER = files("idem_runtime.telemetry")
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "prometheus-alerts.yml").read_text())["groups"][0][
    "rules"
]
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "grafana-dashboard.json").read_text())
EXPRESSIONS = [
    *(rule["expr"] for rule in RULES),
    *(target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]),
    *(variable["query"] for variable in DASHBOARD["templating"]["list"] if variable["type"] == "query"),
]
PAGE = (Path(__file__).parents[3] / "docs" / "telemetry.md").read_text(encoding="utf-8")


@pytest.fixture
def exposed(dsn: str, db: psycopg.Connection[Any]) -> str:
    """What Prometheus would scrape after a few transfers."""
    idem = Idempotency(dsn)
    idem.install()
    reader = PrometheusMetricReader()
    meters = MeterProvider([reader])
    stop = instrument(idem, meter_provider=meters)
    try:
        transfers(idem)
        return generate_latest(REGISTRY).decode()
    finally:
        stop()
        meters.shutdown()
        idem.close()


def test_every_metric_and_label_that_is_asked_for_is_exposed(exposed: str) -> None:
    metrics = set(re.findall(r"^(idem_\w+?)(?:\{| )", exposed, re.MULTILINE))
    labels = set(re.findall(r"\b(idem_\w+)=", exposed))
    named = {name for text in EXPRESSIONS for name in re.findall(r"\bidem_\w+", text)}
    assert named - metrics - labels == set()
    assert {
        name for name in metrics if name.endswith(("_total", "_bucket", "_records", "_age_seconds"))
    } <= named


def test_every_outcome_and_code_that_is_asked_for_is_there() -> None:
    outcomes = {"refused", "unknown", *OUTCOMES.values(), *_NAMES.values()}
    codes = {error.code for error in IdempotencyError.__subclasses__()}
    for text in EXPRESSIONS:
        assert set(re.findall(r'idem_outcome="(\w+)"', text)) <= outcomes, text
        assert set(re.findall(r'idem_code="(\w+)"', text)) <= codes, text
    assert set(OUTCOMES) <= codes


def test_a_rule_says_what_to_do() -> None:
    for rule in RULES:
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in {"page", "ticket"}
    assert [rule["alert"] for rule in RULES if rule["alert"] not in PAGE] == []


PROMTOOL = shutil.which("promtool")


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool on PATH. Remedy: apt-get install prometheus")
def test_prometheus_takes_the_rules() -> None:
    with as_file(FOLDER / "prometheus-alerts.yml") as path:
        done = subprocess.run(
            [str(PROMTOOL), "check", "rules", path], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr


def test_the_page_names_every_metric(exposed: str) -> None:
    from idem_runtime.telemetry import names

    said = [
        names.REQUESTS,
        names.DUPLICATES_BLOCKED,
        names.WAIT,
        names.RECORD,
        names.UNKNOWN,
        names.OLDEST_UNKNOWN,
    ]
    assert [name for name in said if f"`{name}`" not in PAGE] == []
