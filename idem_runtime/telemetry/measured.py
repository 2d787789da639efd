"""Spans and counts of each execution: the observer that OpenTelemetry is told by."""

from __future__ import annotations

import time
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.trace import StatusCode

from idem_runtime import log_records
from idem_runtime.execution.observers import Observed, OutcomeName, executed
from idem_runtime.telemetry import names

BLOCKED = ("replayed", "in_progress", "unknown")
"""Outcomes of a duplicate that was not executed; one with another payload (``mismatched``) is none."""
FAILED = ("store_unavailable", "transaction_broken", "retries_exhausted", "not_installed")
"""Codes that say that something is wrong here, and not with the request."""


class Measured:
    """One per :func:`idem_runtime.telemetry.instrument`; safe for threads and event loops at once."""

    def __init__(self, tracer_provider: Any, meter_provider: Any) -> None:
        """The providers; ``None``: OpenTelemetry's global ones."""
        self._tracer = trace.get_tracer(names.SCOPE, tracer_provider=tracer_provider)
        meter = metrics.get_meter(names.SCOPE, meter_provider=meter_provider)
        self._requests = meter.create_counter(names.REQUESTS, description="requests by what became of them")
        self._blocked = meter.create_counter(
            names.DUPLICATES_BLOCKED, description="duplicates that were not executed again"
        )
        self._wait = meter.create_histogram(names.WAIT, "s", "until it was decided whether the handler runs")
        self._record = meter.create_histogram(names.RECORD, "s", "until the handler's answer was recorded")
        self._finishing: dict[str, float] = {}

    def admitted(self, execution: Observed, outcome: OutcomeName | None, code: str | None) -> None:
        """The end of an admission; ``outcome`` is ``None`` where the handler runs now."""
        said = _said(execution)
        waited = time.monotonic() - (execution.deadline - execution.ask.wait)
        self._wait.record(waited, said)
        self._span(names.ADMIT_SPAN, waited, execution, said, outcome, code)
        if outcome is not None:
            self._count(said, outcome, code)

    def finishing(self, execution: Observed) -> None:
        """The handler has ended: from here on its answer is recorded."""
        self._finishing[execution.ask.attempt] = time.monotonic()

    def ended(self, execution: Observed, outcome: OutcomeName, code: str | None) -> None:
        """What became of an execution."""
        said = _said(execution)
        began = self._finishing.pop(execution.ask.attempt, None)
        took = 0.0 if began is None else time.monotonic() - began
        if began is not None:
            self._record.record(took, said)
        self._span(names.RECORD_SPAN, took, execution, said, outcome, code)
        self._count(said, outcome, code)

    def _count(self, said: dict[str, str], outcome: OutcomeName, code: str | None) -> None:
        self._requests.add(1, _with(said, outcome, code))
        if outcome in BLOCKED:
            self._blocked.add(1, said)

    def _span(
        self,
        name: str,
        took: float,
        execution: Observed,
        said: dict[str, str],
        outcome: OutcomeName | None,
        code: str | None,
    ) -> None:
        """A span that has ended now, and what became of the request on the span around it (the server's)."""
        around = trace.get_current_span()
        attributes = said if outcome is None else _with(said, outcome, code)
        if outcome is not None:
            around.set_attributes(_with({}, outcome, code))
        end = time.time_ns()
        span = self._tracer.start_span(name, start_time=end - int(took * 1e9))
        if span.is_recording():
            _, handler = executed(execution)
            span.set_attributes(
                {**attributes, names.DIGEST: log_records.digest(execution.ask.scope, execution.ask.key)}
            )
            span.set_attribute(names.HANDLER, getattr(handler, "__qualname__", "?"))
            if code in FAILED or outcome == "unknown":
                span.set_status(StatusCode.ERROR, code or outcome)
        span.end(end)


def _said(execution: Observed) -> dict[str, str]:
    operation, _ = executed(execution)
    return {names.OPERATION: operation, names.EFFECT: execution.mark.effect}


def _with(said: dict[str, str], outcome: OutcomeName, code: str | None) -> dict[str, str]:
    named = {**said, names.OUTCOME: outcome}
    return named if code is None else {**named, names.CODE: code}
