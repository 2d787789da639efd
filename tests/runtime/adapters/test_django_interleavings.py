"""Two Django requests with one key, through every order in which their round trips can reach the server."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency, money_moving
from idem_runtime.idempotency import runtime_of
from tests.runtime.adapters import django_project
from tests.runtime.adapters.contract import Database, ledger, records
from tests.runtime.adapters.django_site import Site, replays, site
from tests.runtime.adapters.test_django_transactions import answer, write
from tests.runtime.interleavings.lockstep import Call, every_order
from tests.runtime.postgres import Server
from tests.runtime.proxy import Proxy

LEVELS: list[Any] = [
    "READ_COMMITTED",
    *(pytest.param(level, marks=pytest.mark.exhaustive) for level in ("REPEATABLE_READ", "SERIALIZABLE")),
]
ATOMIC = pytest.mark.parametrize(
    "atomic", [False, pytest.param(True, marks=pytest.mark.exhaustive)], ids=["autocommit", "atomic_requests"]
)
_keys = itertools.count()


@contextmanager
def banks(dsn: str, view: Any, number: int, level: str, *, atomic: bool) -> Iterator[list[Site]]:
    isolation = psycopg.IsolationLevel[level]
    with ExitStack() as stack:
        django_project.set_up(dsn)
        stack.enter_context(
            django_project.options(isolation_level=isolation, sslmode="disable", gssencmode="disable")
        )
        made = []
        for _ in range(number):
            own = Idempotency(using="default", principal=django_project.tenant, wait=20)
            bank = stack.enter_context(site(dsn, view, idem=own, atomic=atomic))
            bank.client.handler.load_middleware()
            runtime_of(own).pools.sync("apart")  # made here, and not of a caller's proxy
            assert bank.post(key=f"before-{next(_keys)}").status_code == 201
            made.append(bank)
        yield made


def asking(bank: Site, key: Callable[[], str]) -> Call:
    """A request on a connection of this thread's own, through its proxy."""

    def call(between: Proxy) -> Any:
        from django.db import connections

        wrapper = connections["default"]
        wrapper.settings_dict = {**wrapper.settings_dict, "PORT": str(between.port)}
        try:
            return bank.post(key=key())
        finally:
            wrapper.close()

    return call


@ATOMIC
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("first", ["answers", "raises"])
def test_every_order_of_two_requests_pays_once_and_tells_the_truth(
    server: Server, dsn: str, db: Database, level: str, first: str, atomic: bool
) -> None:
    keys, called, raising = [""], list[str](), list[int]()

    @money_moving
    def view(request: Any) -> Any:
        from django.db import transaction

        key = request.headers["idempotency-key"]
        number = write()
        if raising:
            raising.pop()
            raise RuntimeError("the first one to come so far")
        transaction.on_commit(lambda: called.append(key))
        return answer(id=number)

    def judge(answers: list[Any]) -> None:
        codes = sorted(response.status_code for response in answers)
        paid = [response for response in answers if response.status_code == 201]
        assert codes == [201, 500 if first == "raises" else 201]
        assert len({response.content for response in paid}) == 1
        assert len([response for response in paid if not replays(response)]) == 1
        assert (len(ledger(db)), records(db), called) == (1, 1, [keys[0]])
        prepare()

    def prepare() -> None:
        db.execute("TRUNCATE ledger, idempotency_records RESTART IDENTITY")
        called.clear()
        keys[0] = f"k{next(_keys)}"
        raising[:] = [1] if first == "raises" else []

    with banks(dsn, view, 2, level, atomic=atomic) as made:
        prepare()
        counts = every_order(dsn, server.port, [asking(bank, lambda: keys[0]) for bank in made], judge)
    print(counts)  # `pytest -rP` shows it
    assert counts.orders > 2
    assert counts.waits
