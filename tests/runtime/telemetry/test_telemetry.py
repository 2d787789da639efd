"""What OpenTelemetry is told of executions, by its own SDK and its Prometheus exporter."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from psycopg_pool import AsyncConnectionPool

from idem_runtime import ConfigurationError, Idempotency, KeyReused, OutcomeUnknown, log_records, money_moving
from idem_runtime.telemetry import instrument, names
from tests.runtime.calls import INSERT, finished

KEY: dict[str, Any] = {"key": lambda key, *_: key, "principal": lambda *_: "alice", "wait": 0}


class Told:
    """What OpenTelemetry was told."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._metrics = InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.meters = MeterProvider([self._metrics])

    @property
    def spans(self) -> list[Any]:
        return list(self._spans.get_finished_spans())

    def points(self, name: str) -> dict[tuple[Any, ...], Any]:
        """Each point's value by its attributes' values: outcome or nothing, operation."""
        data = self._metrics.get_metrics_data()
        scopes = (
            [scope for resource in data.resource_metrics for scope in resource.scope_metrics] if data else []
        )
        points = [
            point
            for scope in scopes
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]
        return {
            tuple(
                point.attributes.get(key)
                for key in (names.OPERATION, names.OUTCOME, names.CODE)
                if key in point.attributes
            ): (getattr(point, "value", None) if hasattr(point, "value") else point.count)
            for point in points
        }


@pytest.fixture
def idem(dsn: str, db: psycopg.Connection[Any]) -> Iterator[Idempotency]:
    idem = Idempotency(dsn)
    idem.install()
    yield idem
    idem.close()


@pytest.fixture
def told(idem: Idempotency) -> Iterator[Told]:
    told = Told()
    stop = instrument(idem, tracer_provider=told.tracers, meter_provider=told.meters)
    yield told
    stop()
    told.meters.shutdown()


def transfers(idem: Idempotency) -> None:
    """Executed, replayed, mismatched, undone."""

    @money_moving(operation="pay", **KEY)
    def pay(key: str, amount: int, db: Any = idem.lent) -> int:
        db.execute(INSERT, (amount,))
        if amount == 3:
            raise ValueError
        return amount

    pay("a", 1)
    pay("a", 1)
    with pytest.raises(KeyReused):
        pay("a", 2)
    with pytest.raises(ValueError, match=r"^$"):
        pay("b", 3)


def test_every_request_is_counted_once_by_its_outcome(idem: Idempotency, told: Told) -> None:
    transfers(idem)
    assert told.points(names.REQUESTS) == {
        ("pay", "executed"): 1,
        ("pay", "replayed"): 1,
        ("pay", "mismatched", "key_reused"): 1,
        ("pay", "undone"): 1,
    }
    assert told.points(names.DUPLICATES_BLOCKED) == {("pay",): 1}
    assert told.points(names.WAIT) == {("pay",): 4}
    assert told.points(names.RECORD) == {("pay",): 2}


def test_spans_stand_in_the_request_that_they_are_of(idem: Idempotency, told: Told) -> None:
    with told.tracers.get_tracer("server").start_as_current_span("POST /pay") as server:
        transfers(idem)
    ours = [span for span in told.spans if span.name != "POST /pay"]
    assert [span.name for span in ours] == [
        names.ADMIT_SPAN,
        names.RECORD_SPAN,
        names.ADMIT_SPAN,
        names.ADMIT_SPAN,
        names.ADMIT_SPAN,
        names.RECORD_SPAN,
    ]
    assert {span.parent.span_id for span in ours} == {server.get_span_context().span_id}
    recorded = dict(ours[1].attributes)
    assert recorded[names.OUTCOME] == "executed"
    assert recorded[names.DIGEST] == log_records.digest("5:alice3:pay", "a")
    assert recorded[names.HANDLER].endswith("pay")
    assert all(span.start_time <= span.end_time for span in ours)
    assert server.attributes[names.OUTCOME] == "undone"


def test_what_nobody_knows_is_an_error_and_is_counted(
    idem: Idempotency, told: Told, db: psycopg.Connection[Any]
) -> None:
    @money_moving(operation="send", effect="external", **KEY)
    def send(key: str) -> int:
        raise RuntimeError

    assert told.points(names.UNKNOWN) == {(): 0}
    with pytest.raises(RuntimeError):
        send("k")
    with pytest.raises(OutcomeUnknown):
        send("k")
    db.execute("UPDATE idempotency_records SET created_at = now() - interval '1 hour'")
    assert told.points(names.UNKNOWN) == {(): 1}
    assert 3600 <= told.points(names.OLDEST_UNKNOWN)[()] < 7200
    assert [span.status.is_ok for span in told.spans] == [True, False, False]


def test_a_cancelled_execution_is_told_without_a_time(idem: Idempotency, told: Told) -> None:
    @money_moving(operation="pay", **KEY)
    async def pay(key: str, db: Any = idem.lent) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        finished(idem, lambda: pay("k"))
    assert told.points(names.REQUESTS) == {("pay", "undone"): 1}


def test_an_execution_that_is_cut_off_before_its_handler_ends_has_no_time_to_tell(told: Told) -> None:
    from types import SimpleNamespace

    from idem_runtime.telemetry.measured import Measured
    from tests.runtime.stores import ask

    execution: Any = SimpleNamespace(
        ask=ask(), mark=SimpleNamespace(effect="local"), handler=None, deadline=0.0
    )
    Measured(told.tracers, told.meters).ended(execution, "undone", None)
    assert told.points(names.RECORD) == {}
    assert told.spans[0].attributes[names.HANDLER] == "?"


def test_async_pools_are_asked_too(dsn: str, db: psycopg.Connection[Any]) -> None:
    async def main() -> dict[Any, Any]:
        async with AsyncConnectionPool(dsn, min_size=0, max_size=2, open=False) as pool:
            told = Told()
            stop = instrument(
                Idempotency(pool=pool), tracer_provider=told.tracers, meter_provider=told.meters
            )
            counted = await asyncio.to_thread(told.points, names.UNKNOWN)
            stop()
            assert await asyncio.to_thread(told.points, names.UNKNOWN) == {}
            return counted

    assert asyncio.run(main()) == {(): 0}


def test_a_store_that_is_away_has_no_value(caplog: pytest.LogCaptureFixture) -> None:
    idem, told = Idempotency("postgresql://127.0.0.1:1/x", pool_timeout=0.05, store_timeout=0.05), Told()
    stop = instrument(idem, tracer_provider=told.tracers, meter_provider=told.meters)
    with caplog.at_level(logging.WARNING, "idem_runtime"):
        assert told.points(names.UNKNOWN) == {}
    ours = [record.getMessage() for record in caplog.records if record.name == "idem_runtime"]
    assert ours
    assert all(text.startswith("unknown outcomes could not be counted") for text in ours)
    stop()
    idem.close()


def test_after_its_end_nobody_is_told(idem: Idempotency) -> None:
    told = Told()
    instrument(idem, tracer_provider=told.tracers, meter_provider=told.meters)()
    transfers(idem)
    assert told.spans == []


def test_where_opentelemetry_is_missing_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(ConfigurationError, match=r'pip install "idem-guard\[telemetry\]"'):
        instrument()


@pytest.mark.slow
def test_nothing_of_opentelemetry_is_imported_before_it_is_asked_for() -> None:
    program = (
        "import sys, idem_runtime, idem_runtime.telemetry, idem_runtime.idempotency, idem_runtime.adapters.function\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
