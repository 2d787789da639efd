"""The same faults with PgBouncer in between: on the application's side of it, and on Postgres'.

On the application's side the pooler rolls back what a lost client left; on Postgres' side it turns a lost server, a lost
COMMIT too, into an error message of its own. Every round trip is disturbed, on both sides of it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from idem_runtime import IdempotencyError, StoreUnavailable
from tests.runtime import victim
from tests.runtime.pooler import needed, pgbouncer
from tests.runtime.postgres import Server
from tests.runtime.proxy import Hook, Proxy, Side, proxy
from tests.runtime.test_faults import (
    COLOURS,
    EXTERNAL_TRIPS,
    LOCAL_TRIPS,
    SIDES,
    Database,
    at,
    cut,
    never_twice,
    terminate,
    truth,
)

pytestmark = needed

TRIPS = {"local": LOCAL_TRIPS, "external": EXTERNAL_TRIPS}
OWN_TRIP = "pooler's set"  # PgBouncer tells a server connection the application's name, first
FAULTS: dict[str, Callable[[Database], Callable[[], None]]] = {
    "cut": lambda db: cut,
    "terminate": terminate,
}


def trips(place: str, effect: str) -> list[str]:
    """What the proxy at ``place`` sees of an undisturbed run."""
    return TRIPS[effect] if place == "application" else [OWN_TRIP, *TRIPS[effect]]


def points(effect: str) -> dict[str, Any]:
    """Every place, round trip and side of it."""
    cases = [
        (place, number, side, name)
        for place in ("application", "postgres")
        for number, name in enumerate(trips(place, effect), 1)
        for side in SIDES
    ]
    return {
        "argnames": ("place", "point", "side"),
        "argvalues": [case[:3] for case in cases],
        "ids": [f"{place}: {side} {name}" for place, _, side, name in cases],
    }


def told(happened: list[str], fault: Callable[[], None]) -> Callable[[], None]:
    """``fault``, and that it happened: a point that is never reached shows nothing."""

    def telling() -> None:
        happened.append("fault")
        fault()

    return telling


@contextlib.contextmanager
def disturbed(place: str, server: Server, dsn: str, hook: Hook | None) -> Iterator[tuple[Proxy, str]]:
    """The proxy at ``place``, and a DSN that leads through it and through PgBouncer."""
    here = f":{server.port}/"
    with contextlib.ExitStack() as stack:
        if place == "application":
            pooler = stack.enter_context(pgbouncer(server.port))
            through = stack.enter_context(proxy(pooler, hook=hook))
            first = through.port
        else:
            through = stack.enter_context(proxy(server.port, hook=hook))
            first = stack.enter_context(pgbouncer(through.port))
        options = "?sslmode=disable&gssencmode=disable&application_name=victim"
        yield through, dsn.replace(here, f":{first}/") + options


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("effect", TRIPS)
@pytest.mark.parametrize("place", ["application", "postgres"])
def test_the_points_are_the_round_trips_of_an_undisturbed_run(
    server: Server, dsn: str, db: Database, place: str, effect: str, colour: str
) -> None:
    with disturbed(place, server, dsn, None) as (through, pooled):
        assert victim.run(pooled, dsn, effect, colour) == 1
        asked = [trip for trip in through.trips if not trip.startswith(b"X")]
    assert len(asked) == len(trips(place, effect)), "the enumeration below has to follow"
    assert (b"SET application_name" in asked[0]) == (place == "postgres")


@pytest.mark.parametrize("colour", [pytest.param("sync", marks=pytest.mark.exhaustive), "async"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(**points("local"))
def test_a_lost_connection_leaves_exactly_one_effect(
    server: Server, dsn: str, db: Database, place: str, point: int, side: Side, fault: str, colour: str
) -> None:
    happened: list[str] = []
    first: int | None = None
    hook = at(point, side, told(happened, FAULTS[fault](db)), starts=bool)
    with disturbed(place, server, dsn, hook) as (_, pooled):
        with contextlib.suppress(StoreUnavailable, psycopg.OperationalError):
            first = victim.run(pooled, dsn, "local", colour)
        assert happened
        if (point, side) == (len(trips(place, "local")), "after"):
            assert first == 1, "the commit had happened: even the first caller gets the answer"
        truth(db, pooled, "local", colour, first)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(**points("external"))
def test_an_external_call_is_never_made_twice(
    server: Server, dsn: str, db: Database, place: str, point: int, side: Side, fault: str
) -> None:
    happened: list[str] = []
    first: int | None = None
    hook = at(point, side, told(happened, FAULTS[fault](db)), starts=bool)
    with disturbed(place, server, dsn, hook) as (_, pooled):
        with contextlib.suppress(IdempotencyError, psycopg.OperationalError):
            first = victim.run(pooled, dsn, "external", "sync")
        assert happened
    never_twice(db, dsn, "sync", first)
