"""A storm: what retries, proxies, double clicks and crashes do to one key, against the application itself."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from idem_runtime.errors import ConfigurationError
from idem_runtime.execution.observers import Observed, OutcomeName, observe
from idem_runtime.testing import crash_points
from idem_runtime.testing.crash_points import CrashPoint
from idem_runtime.testing.http_requests import http_request
from idem_runtime.testing.reports import Storm
from idem_runtime.testing.targets import Application, FunctionCall, MarkedFunction, Request, Target

PATIENCE = 60.0
"""Seconds that the process that is to be killed has, from its start."""


def storm(
    target: Any,
    path: str | None = None,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    body: bytes | None = None,
    key: str | None = None,
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
    duplicates: int = 8,
    mismatch: Any = None,
    other_tenant: Any = None,
    kill_at: CrashPoint | None = None,
    effects: Callable[[], int] | None = None,
) -> Storm:
    """Send one request ``duplicates`` times at once, and then what must not be taken for it.

    ``target``: an ASGI or WSGI application with the ``path`` of a request (and ``method``, ``headers``, ``json`` or
    ``body``; ``key``: a fresh one), or a marked function without one (and ``args``, ``kwargs``). Its name, ``"shop:app"``
    or ``"shop:create_app()"``, does as well. ``mismatch``: another JSON value or body for the same key (for a function,
    other positional arguments with the same key). ``other_tenant``: the headers of somebody else (for a function, their
    positional arguments). ``kill_at``: before the duplicates, a process of its own makes the same request and is killed
    at this point; it needs the target's name. ``effects`` counts what the handler does, such as the rows of a ledger.

    :raises ConfigurationError: what cannot be meant, or a crash point that the request never came to.
    """
    if duplicates < 1:
        raise ConfigurationError(f"duplicates={duplicates}: one at least")
    if path is None:
        if not all(given is None for given in (headers, json, body, key)):
            raise ConfigurationError("headers=, json=, body= and key= are for an application, with a path")
        calls: Target = MarkedFunction(target)
        request: Request = FunctionCall(args, dict(kwargs or {}))
    else:
        if args or kwargs:
            raise ConfigurationError("args= and kwargs= are for a function, which has no path")
        calls = Application(target)
        request = http_request(
            method, path, headers or {}, json=json, body=body, key=key or os.urandom(8).hex()
        )
    batches: list[list[Any]] = [[request] * duplicates]
    if mismatch is not None:
        batches.append([_with_payload(request, mismatch)])
    if other_tenant is not None:
        batches.append([_from_another(request, other_tenant)])
    if kill_at is not None:
        crash_points.check(kill_at)
    looks = _Looks(effects)
    if kill_at is not None:
        _kill(calls, request, kill_at)
    with looks:
        answers = calls.call(batches, looks.look)
    return Storm(
        tuple(answers[0]),
        executions=looks.executions,
        effects=looks.grown(1, since=0),
        killed_at=kill_at,
        mismatch=None if mismatch is None else answers[1][0],
        other_tenant=None if other_tenant is None else answers[-1][0],
        other_effects=None if other_tenant is None else looks.grown(len(batches), since=len(batches) - 1),
    )


def _with_payload(request: Request, payload: Any) -> Request:
    if isinstance(request, FunctionCall):
        return FunctionCall(tuple(payload), request.kwargs)
    return request.with_body(payload)


def _from_another(request: Request, who: Any) -> Request:
    if isinstance(request, FunctionCall):
        return FunctionCall(tuple(who), request.kwargs)
    return request.with_headers(who)


class _Looks:
    """What is counted before the first batch and after each one: effects, and executions as the runtime itself says."""

    def __init__(self, effects: Callable[[], int] | None) -> None:
        self._effects = effects
        self._counts: list[int] = []
        self._executed: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self.executions = 0
        """Of the first batch, and of the key that was executed most often."""
        self.look()

    def __enter__(self) -> None:
        self._stop = observe(self)

    def __exit__(self, *_: object) -> None:
        self._stop()

    def look(self) -> None:
        """Count now."""
        if len(self._counts) == 1:
            self.executions = max(self._executed.values(), default=0)
        self._counts.append(0 if self._effects is None else self._effects())

    def grown(self, look: int, *, since: int) -> int | None:
        """By how much the effects have grown between two looks; ``None``: nobody counts them."""
        return None if self._effects is None else self._counts[look] - self._counts[since]

    def admitted(self, execution: Observed, outcome: OutcomeName | None, code: str | None) -> None:
        """Who is only admitted is not counted: a conflict may undo it."""

    def finishing(self, execution: Observed) -> None:
        """As :meth:`admitted`."""

    def ended(self, execution: Observed, outcome: OutcomeName, code: str | None) -> None:  # noqa: ARG002 - an observer's
        """Count what was executed."""
        if outcome == "executed":
            with self._lock:
                self._executed[execution.ask.scope, execution.ask.key] += 1


def _kill(target: Target, request: Request, point: CrashPoint) -> None:
    """Make ``request`` in a process of its own, which is killed at ``point``.

    :raises ConfigurationError: the target cannot be read by another process, or the point was not come to.
    """
    if not isinstance(target.named, str):
        raise ConfigurationError(
            f"kill_at={point!r} starts a process, which has to read the application itself: give its name instead, such as "
            f'"shop:app" or "shop:create_app()"'
        )
    given = pickle.dumps(sys.path) + pickle.dumps({"target": target, "request": request, "point": point})
    command = [sys.executable, "-m", "idem_runtime.testing.victim"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        command, input=given, capture_output=True, check=False, timeout=PATIENCE, env=environment
    )
    if done.returncode != -signal.SIGKILL:
        said = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise ConfigurationError(
            f"kill_at={point!r}: the process was to be killed there, and was not: {said[-2000:]}"
        )
