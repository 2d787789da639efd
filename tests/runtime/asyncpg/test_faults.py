"""Every fault at every round trip of a session on asyncpg, on both sides of it: one effect, and every answer is true."""

from __future__ import annotations

import contextlib

import psycopg
import pytest

from idem_runtime import IdempotencyError
from idem_runtime.model import Isolation
from tests.runtime import victim
from tests.runtime.postgres import Server
from tests.runtime.proxy import Side, proxy
from tests.runtime.test_faults import (
    EXTERNAL_TRIPS,
    LEVELS,
    SIDES,
    Database,
    at,
    attempt,
    cut,
    killed,
    never_twice,
    ours,
    terminate,
    truth,
)

TRIPS = ["begin, claim", "prepare", "insert", "prepare", "update", "seal, commit"]
POINTS = [(number, side) for number in range(1, len(TRIPS) + 1) for side in SIDES]
NAMES = [f"{side} {TRIPS[number - 1]} ({number})" for number, side in POINTS]


def asked(trips: list[bytes]) -> list[bytes]:
    """From the claim on, without the good-bye."""
    known = [trip for trip in trips if not trip.startswith(b"X")]
    return known[[ours(trip) for trip in known].index(True) :]


@pytest.mark.parametrize("level", LEVELS)
def test_the_points_are_the_round_trips_of_an_undisturbed_run(
    server: Server, dsn: str, db: Database, level: Isolation
) -> None:
    with proxy(server.port) as through:
        assert victim.run(through.dsn(dsn), dsn, "asyncpg", "async", level) == 1
        trips = asked(through.trips)
    assert len(trips) == len(TRIPS), "one round trip more or less: the enumeration below has to follow"
    assert b"BEGIN ISOLATION LEVEL " + level.upper().encode() in trips[0]
    assert b"COMMIT" in trips[-1]
    assert (trips[0][:1], trips[-1][:1]) == (b"Q", b"Q")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("point", "side"), POINTS, ids=NAMES)
def test_a_cut_connection_leaves_exactly_one_effect(
    server: Server, dsn: str, db: Database, point: int, side: Side, level: Isolation
) -> None:
    with proxy(server.port, hook=at(point, side, cut)) as through:
        first = attempt(through, dsn, "asyncpg", "async", level)
    if (point, side) == (len(TRIPS), "after"):
        assert first == 1, "the commit had happened: even the first caller gets the answer"
    truth(db, dsn, "asyncpg", "async", first, level)


@pytest.mark.exhaustive
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("point", "side"), POINTS, ids=NAMES)
def test_a_terminated_backend_leaves_exactly_one_effect(
    server: Server, dsn: str, db: Database, point: int, side: Side, level: Isolation
) -> None:
    with proxy(server.port, hook=at(point, side, terminate(db))) as through:
        first = attempt(through, dsn, "asyncpg", "async", level)
    truth(db, dsn, "asyncpg", "async", first, level)


@pytest.mark.exhaustive
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("point", "side"), POINTS, ids=NAMES)
def test_a_killed_process_leaves_exactly_one_effect(
    server: Server, dsn: str, db: Database, point: int, side: Side, level: Isolation
) -> None:
    with killed(server, dsn, "asyncpg", "async", point, side, level):
        truth(db, dsn, "asyncpg", "async", None, level)


@pytest.mark.parametrize("point", range(1, len(EXTERNAL_TRIPS) + 1))
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("fault", ["cut", pytest.param("terminate", marks=pytest.mark.exhaustive)])
def test_an_external_call_is_never_made_twice_after_a_lost_connection(
    server: Server, dsn: str, db: Database, fault: str, point: int, side: Side
) -> None:
    doing = cut if fault == "cut" else terminate(db)
    with proxy(server.port, hook=at(point, side, doing)) as through:
        first: int | None = None
        with contextlib.suppress(IdempotencyError, psycopg.OperationalError):
            named = through.dsn(dsn) + "&application_name=victim"
            first = victim.run(named, dsn, "asyncpg external", "async")
    assert first == 1, "a lost connection around claim and completion is survived"
    never_twice(db, dsn, "async", first)
