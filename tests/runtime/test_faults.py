"""Every fault at every statement boundary, and on both sides of COMMIT: enumerated, not sampled.

The proxy counts the round trips of an undisturbed run; then each of them is disturbed, before the server sees it and
after the server has answered. Local: always exactly one effect, and every answer is true. External: never two calls.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from idem_runtime import IdempotencyError, InProgress, OutcomeUnknown, StoreUnavailable
from idem_runtime.model import Isolation
from tests.runtime import victim
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.fast_processes import processes
from tests.runtime.postgres import Server
from tests.runtime.proxy import Cut, Proxy, Side, proxy

Database = psycopg.Connection[Any]
COLOURS = ["sync", "async"]
LOCAL_EFFECTS: list[Any] = ["local", "prepared", "joined", pytest.param("own", marks=pytest.mark.exhaustive)]
"""With the simple protocol, as prepared statements, and as such in a SQLAlchemy session that is lent, or of its own."""
LEVELS: list[Any] = [
    "read committed",
    *(pytest.param(level, marks=pytest.mark.exhaustive) for level in ("repeatable read", "serializable")),
]
LOCAL_TRIPS = ["begin, claim", "insert", "update", "seal, commit"]
EXTERNAL_TRIPS = ["start", "complete"]
SIDES: list[Side] = ["before", "after"]
LOCAL = [(point + 1, side, name) for point, name in enumerate(LOCAL_TRIPS) for side in SIDES]
"""The same for a psycopg connection and for a SQLAlchemy session, which flushes its UPDATE when the answer is sealed."""

EXTERNAL = [(point + 1, side, name) for point, name in enumerate(EXTERNAL_TRIPS) for side in SIDES]


def points(cases: list[Any]) -> dict[str, Any]:
    return {"argvalues": [case[:2] for case in cases], "ids": [f"{side} {name}" for _, side, name in cases]}


def ours(trip: bytes) -> bool:
    """What goes before is SQLAlchemy making the acquaintance of the server."""
    return b"idempotency_records" in trip


def at(
    point: int, side: Side, fault: Callable[[], None], *, starts: Callable[[bytes], bool] = ours
) -> Callable[[int, Side, bytes], None]:
    """A hook that does ``fault`` once, there; points are counted from the first trip that ``starts``."""
    left, first = [fault], [10**9]

    def hook(number: int, where: Side, trip: bytes) -> None:
        if starts(trip):
            first[0] = min(number, first[0])
        if left and (number - first[0] + 1, where) == (point, side):
            left.pop()()

    return hook


def cut() -> None:
    raise Cut


def terminate(db: Database) -> Callable[[], None]:
    """End the backend as an operator or a failover does."""

    def fault() -> None:
        db.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND backend_type = 'client backend' AND application_name = 'victim'"
        )

    return fault


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(
    ("effect", "trips"),
    [
        ("local", LOCAL_TRIPS),
        ("prepared", LOCAL_TRIPS),
        ("joined", LOCAL_TRIPS),
        ("own", LOCAL_TRIPS),
        ("external", EXTERNAL_TRIPS),
    ],
)
def test_the_points_are_the_round_trips_of_an_undisturbed_run(
    server: Server, dsn: str, db: Database, effect: str, trips: list[str], colour: str, level: Isolation
) -> None:
    with proxy(server.port) as through:
        assert victim.run(through.dsn(dsn), dsn, effect, colour, level) == 1
        asked = [trip for trip in through.trips if not trip.startswith(b"X")]
    asked = asked[[ours(trip) for trip in asked].index(True) :]
    assert len(asked) == len(trips), "one round trip more or less: the enumeration below has to follow"
    if effect != "external":
        assert b"BEGIN ISOLATION LEVEL " + level.upper().encode() in asked[0]
        assert b"COMMIT" in asked[-1]
        assert (asked[0][:1], asked[-1][:1]) == ((b"Q", b"Q") if effect == "local" else (b"P", b"P"))


def truth(
    db: Database, dsn: str, effect: str, colour: str, first: int | None, level: Isolation = "read committed"
) -> None:
    """After the fault: a retry answers, exactly one effect stands, and whoever was told a result was told that one."""
    again = victim.run(dsn, dsn, effect, colour, level)
    assert ledger(db) == [7]
    assert first in (None, again)
    assert records(db) == 1


def attempt(through: Proxy, dsn: str, effect: str, colour: str, level: Isolation) -> int | None:
    """The disturbed call: its result, or ``None`` where it was told to retry."""
    try:
        return victim.run(through.dsn(dsn) + "&application_name=victim", dsn, effect, colour, level)
    except (StoreUnavailable, psycopg.OperationalError):
        return None


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("effect", ["local", "prepared", "joined", "own"])
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(("point", "side"), **points(LOCAL))
def test_a_cut_connection_leaves_exactly_one_effect(
    server: Server, dsn: str, db: Database, point: int, side: Side, colour: str, effect: str, level: Isolation
) -> None:
    with proxy(server.port, hook=at(point, side, cut)) as through:
        first = attempt(through, dsn, effect, colour, level)
    if (point, side) == (len(LOCAL_TRIPS), "after"):
        assert first == 1, "the commit had happened: even the first caller gets the answer"
    truth(db, dsn, effect, colour, first, level)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("effect", LOCAL_EFFECTS)
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(("point", "side"), **points(LOCAL))
def test_a_terminated_backend_leaves_exactly_one_effect(
    server: Server, dsn: str, db: Database, point: int, side: Side, colour: str, effect: str, level: Isolation
) -> None:
    with proxy(server.port, hook=at(point, side, terminate(db))) as through:
        first = attempt(through, dsn, effect, colour, level)
    truth(db, dsn, effect, colour, first, level)


@contextlib.contextmanager
def killed(
    server: Server,
    dsn: str,
    effect: str,
    colour: str,
    point: int,
    side: Side,
    level: Isolation = "read committed",
) -> Iterator[None]:
    """A process of its own runs the victim and is killed there."""
    pid: list[int] = []

    def kill() -> None:
        os.kill(pid[0], signal.SIGKILL)
        process.join(5)
        raise Cut

    with proxy(server.port, hook=at(point, side, kill)) as through:
        process = processes().Process(
            target=victim.run, args=(through.dsn(dsn), dsn, effect, colour, level), daemon=True
        )
        process.start()
        pid.append(process.pid)
        process.join(20)
        assert process.exitcode in (-signal.SIGKILL, 255), (
            "255: the fork server saw it die before it could say how"
        )
    yield


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("effect", LOCAL_EFFECTS)
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(("point", "side"), **points(LOCAL))
def test_a_killed_process_leaves_exactly_one_effect(
    server: Server,
    dsn: str,
    db: Database,
    point: int,
    side: Side,
    colour: str,
    effect: str,
    level: Isolation,
) -> None:
    with killed(server, dsn, effect, colour, point, side, level):
        truth(db, dsn, effect, colour, None, level)


def never_twice(db: Database, dsn: str, colour: str, first: int | None) -> None:
    """External: what was called may be unknown, but it is never called again by itself."""
    calls = len(ledger(db))
    assert calls <= 1
    for _ in range(2):
        try:
            again = victim.run(dsn, dsn, "external", colour)
        except (OutcomeUnknown, InProgress):
            assert first is None
        else:
            assert first in (None, again)
    assert len(ledger(db)) <= 1
    db.execute("UPDATE idempotency_records SET in_progress_expiry = to_timestamp(0)")  # the lease runs out
    with contextlib.suppress(OutcomeUnknown):
        victim.run(dsn, dsn, "external", colour)
    assert len(ledger(db)) <= 1


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(("point", "side"), **points(EXTERNAL))
@pytest.mark.parametrize("fault", ["cut", "terminate"])
def test_an_external_call_is_never_made_twice_after_a_lost_connection(
    server: Server, dsn: str, db: Database, fault: str, point: int, side: Side, colour: str
) -> None:
    doing = cut if fault == "cut" else terminate(db)
    with proxy(server.port, hook=at(point, side, doing)) as through:
        first: int | None = None
        with contextlib.suppress(IdempotencyError, psycopg.OperationalError):
            first = victim.run(through.dsn(dsn) + "&application_name=victim", dsn, "external", colour)
    assert first == 1, "a lost connection around claim and completion is survived"
    never_twice(db, dsn, colour, first)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(("point", "side"), **points(EXTERNAL))
def test_an_external_call_is_never_made_twice_after_a_kill(
    server: Server, dsn: str, db: Database, point: int, side: Side, colour: str
) -> None:
    with killed(server, dsn, "external", colour, point, side):
        never_twice(db, dsn, colour, None)
