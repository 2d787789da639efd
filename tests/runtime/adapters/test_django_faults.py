"""A connection that is cut at every round trip of a Django view, on both sides: one effect, true answers, one callback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from idem_runtime import money_moving
from tests.runtime.adapters import django_project
from tests.runtime.adapters.contract import Database, ledger, records
from tests.runtime.adapters.django_site import replays, site
from tests.runtime.adapters.test_django_transactions import answer, write
from tests.runtime.postgres import Server
from tests.runtime.proxy import Proxy, Side, proxy
from tests.runtime.test_faults import at, cut, terminate

TRIPS = ["begin, claim", "insert", "update", "seal, commit"]
ATOMIC = pytest.mark.parametrize(
    "atomic",
    [False, pytest.param(True, marks=pytest.mark.exhaustive)],
    ids=["autocommit", "atomic_requests"],
)


@contextmanager
def through_a_proxy(server: Server, level: str = "READ_COMMITTED") -> Iterator[Proxy]:
    plain = django_project.options(
        sslmode="disable",
        gssencmode="disable",
        isolation_level=psycopg.IsolationLevel[level],
        application_name="victim",
    )
    with proxy(server.port) as between, plain, django_project.behind(between.port):
        yield between


@pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "atomic_requests"])
def test_a_marked_view_takes_as_many_round_trips_as_a_bare_one_in_a_transaction(
    server: Server, dsn: str, db: Database, atomic: bool
) -> None:
    from django.db import transaction
    from django.urls import path

    django_project.set_up(dsn)

    @money_moving
    def marked(request: Any) -> Any:
        return answer(id=write())

    @transaction.atomic
    def bare(request: Any) -> Any:
        return answer(id=write())

    patterns = (path("marked", marked), path("bare", transaction.non_atomic_requests(bare)))
    taken: dict[str, int] = {}
    with through_a_proxy(server) as between, site(dsn, *patterns, atomic=atomic) as bank:
        bank.post("/marked", "before")
        for name, path_, key in (
            ("first", "/marked", "k"),
            ("replay", "/marked", "k"),
            ("bare", "/bare", None),
        ):
            before = between.points
            assert bank.post(path_, key).status_code == 201
            taken[name] = between.points - before
    assert taken == {"first": 3, "replay": 2, "bare": 3}  # a replay's ROLLBACK is the second


LEVELS: list[Any] = [
    "READ_COMMITTED",
    *(pytest.param(level, marks=pytest.mark.exhaustive) for level in ("REPEATABLE_READ", "SERIALIZABLE")),
]
FAULTS: list[Any] = ["cut", pytest.param("terminate", marks=pytest.mark.exhaustive)]


@ATOMIC
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("point", range(1, len(TRIPS) + 1), ids=TRIPS)
def test_a_fault_at_any_trip_pays_once_and_tells_the_truth(
    server: Server, dsn: str, db: Database, point: int, side: Side, fault: str, level: str, atomic: bool
) -> None:
    django_project.set_up(dsn)
    called: list[str] = []

    @money_moving
    def view(request: Any) -> Any:
        from django.db import transaction

        from tests.runtime.adapters.django_project.models import Entry

        key = request.headers["idempotency-key"]
        number = write()
        Entry.objects.filter(id=number).update(amount=7)
        transaction.on_commit(lambda: called.append(key))
        return answer(id=number)

    with through_a_proxy(server, level) as between, site(dsn, view, atomic=atomic) as bank:
        assert bank.post(key="before").status_code == 201
        between.hook = at(point, side, cut if fault == "cut" else terminate(db))
        first, again = bank.post(), bank.post()
    told = first.status_code == 201
    assert told or first.status_code == 503, first.content
    # a server that is ended after it has answered is found out with the next trip
    late = fault == "terminate" and side == "after"
    assert told is ((point == 1 and not late) or (point == len(TRIPS) and side == "after"))
    assert (again.status_code, replays(again)) == (201, told)
    assert (ledger(db), records(db), called) == ([7, 7], 2, ["before", "k"])
