"""Django through PgBouncer in transaction mode, with fewer server connections than callers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.runtime.adapters import django_project
from tests.runtime.adapters.contract import Contract, Database, ledger
from tests.runtime.adapters.django_project import served
from tests.runtime.adapters.serve import Client
from tests.runtime.pooler import needed, pgbouncer
from tests.runtime.postgres import Server

pytestmark = needed


@pytest.fixture(scope="module")
def bank(server: Server, dsn: str) -> Iterator[Client]:
    atomic = django_project.atomic_requests(dsn, True)
    with pgbouncer(server.port) as port, atomic, django_project.behind(port), served("wsgi") as client:
        yield client


def test_a_storm_on_some_keys_pays_each_once(bank: Client, db: Database) -> None:
    with ThreadPoolExecutor(40) as many:
        answers = list(many.map(lambda number: bank.post("/slow", f"key-{number % 8}"), range(80)))
    assert {each.status_code for each in answers} == {201}
    assert sum("idempotent-replayed" not in each.headers for each in answers) == 8
    assert ledger(db) == [5] * 8


@pytest.mark.exhaustive
class TestDjangoThroughPgBouncer(Contract):
    pass
