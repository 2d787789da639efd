"""Many callers of one key at a sync handler: those who wait hold no thread, and each is told the truth."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI

from idem_runtime import Idempotency, money_moving
from idem_runtime.adapters.http import async_passage
from idem_runtime.adapters.http.async_passage import OriginalsEnd
from idem_runtime.execution.execution import Execution
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Ask
from idem_runtime.protocol.fingerprint import of_value
from tests.runtime.adapters.asking import INSERT, PATIENCE, Database, Transfer, finished, post, tenant
from tests.runtime.adapters.contract import code, ledger, records

MORE_THAN_THREADS = 60
"""Starlette runs sync handlers in 40 threads."""


class Bank:
    """An application whose sync handler waits until it is told to go on, and knows how many asked."""

    def __init__(self, idem: Idempotency) -> None:
        self.idem = idem
        self.app = FastAPI()
        idem.install(self.app)
        idem.install()
        self.asked = 0
        self.runs = 0
        self.started, self.go_on = threading.Event(), threading.Event()
        self.fails = 0
        self.app.add_api_route("/lent", self.lent(), methods=["POST"])
        self.app.add_api_route("/asks", self.asks(), methods=["POST"])
        self.app.add_api_route("/plain", lambda: "here", methods=["POST"])

    def work(self, body: Transfer, borrow: Callable[[], Any]) -> int:
        self.runs += 1
        self.started.set()
        assert self.go_on.wait(PATIENCE)
        if self.runs <= self.fails:
            raise RuntimeError("not this time")
        borrow().execute(INSERT, (body.amount,))
        return body.amount

    def lent(self) -> Any:
        @money_moving
        def lent(body: Transfer, db: Annotated[Any, Depends(self.idem.sync_connection)]) -> int:
            return self.work(body, lambda: db)

        return lent

    def asks(self) -> Any:
        @money_moving
        def asks(body: Transfer) -> int:
            return self.work(body, self.idem.sync_connection)

        return asks

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await self.app(scope, receive, send)

    async def until(self, met: Callable[[], bool]) -> None:
        """Wait for what happens in threads and tasks."""
        while not met():  # noqa: ASYNC110 - some of it happens in threads
            await asyncio.sleep(0.005)


class Waiting(OriginalsEnd):
    """Counts who waits in the event loop."""

    now = 0

    async def wait(self, execution: Execution) -> bool:
        Waiting.now += 1
        try:
            return await super().wait(execution)
        finally:
            Waiting.now -= 1


@pytest.fixture
def bank(dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch) -> Bank:
    monkeypatch.setattr(Waiting, "now", 0)
    monkeypatch.setattr(async_passage, "OriginalsEnd", Waiting)
    return Bank(Idempotency(dsn, principal=tenant, wait=PATIENCE, pool_size=3))


def tally(answers: list[httpx.Response]) -> Counter[tuple[int, bool]]:
    return Counter((each.status_code, "idempotent-replayed" in each.headers) for each in answers)


@pytest.mark.parametrize("path", ["/lent", "/asks"])
def test_waiters_hold_no_thread_so_that_other_routes_answer_meanwhile(
    bank: Bank, db: Database, path: str
) -> None:
    async def main() -> list[httpx.Response]:
        storm = [asyncio.create_task(post(bank, path)) for _ in range(MORE_THAN_THREADS)]
        await bank.until(lambda: Waiting.now == MORE_THAN_THREADS - 1)
        assert (await post(bank, "/plain", None)).json() == "here"
        assert not any(each.done() for each in storm)
        bank.go_on.set()
        return list(await asyncio.gather(*storm))

    assert tally(finished(bank.idem, main)) == {(200, False): 1, (200, True): MORE_THAN_THREADS - 1}
    assert (bank.runs, ledger(db), records(db)) == (1, [5], 1)


def test_who_waited_long_enough_in_the_event_loop_is_told_to_retry(dsn: str, db: Database) -> None:
    bank = Bank(Idempotency(dsn, principal=tenant, wait=0.05))

    async def main() -> tuple[httpx.Response, httpx.Response]:
        original = asyncio.create_task(post(bank, "/lent"))
        await bank.until(bank.started.is_set)
        duplicate = await post(bank, "/lent")
        bank.go_on.set()
        return await original, duplicate

    original, duplicate = finished(bank.idem, main)
    assert (original.status_code, duplicate.status_code, code(duplicate)) == (200, 409, "in_progress")
    assert int(duplicate.headers["retry-after"]) >= 1
    assert ledger(db) == [5]


def test_another_payload_beside_the_original_is_refused_at_once_and_the_others_replay(
    bank: Bank, db: Database
) -> None:
    async def main() -> list[httpx.Response]:
        storm = [asyncio.create_task(post(bank, "/lent"))]
        await bank.until(bank.started.is_set)
        storm += [
            asyncio.create_task(post(bank, "/lent", json={"amount": amount})) for amount in (5, 6, 5, 7)
        ]
        await bank.until(lambda: Waiting.now == 2 and storm[2].done() and storm[4].done())
        bank.go_on.set()
        return list(await asyncio.gather(*storm))

    answers = finished(bank.idem, main)
    assert [each.status_code for each in answers] == [200, 200, 409, 200, 409]
    assert {code(answers[2]), code(answers[4])} == {"key_reused"}
    assert (bank.runs, ledger(db)) == (1, [5])


@pytest.mark.parametrize("running", [None, 5, 6])
def test_who_has_to_wait_in_the_event_loop_goes_through_again_where_the_key_is_free_or_anothers_by_now(
    bank: Bank, running: int | None
) -> None:
    def execution(amount: int) -> Execution:
        ask = Ask("5:alice3:pay", "k", of_value(amount), "token", wait=0.05)
        return Execution(
            MoneyMoving(), ask, runtime_of(bank.idem).policy, runtime_of(bank.idem).sync_store(), awaits=False
        )

    async def main() -> bool:
        if running is not None:
            execution(running).enter()
        waiting = execution(5)
        return await OriginalsEnd(waiting).wait(waiting)

    assert finished(bank.idem, main) is (running != 5)


@pytest.mark.parametrize("path", ["/lent", "/asks"])
def test_an_original_that_fails_lets_exactly_one_other_execute(bank: Bank, db: Database, path: str) -> None:
    bank.fails = 1

    async def main() -> list[httpx.Response]:
        storm = [asyncio.create_task(post(bank, path)) for _ in range(10)]
        await bank.until(lambda: Waiting.now == 9)
        bank.go_on.set()
        return list(await asyncio.gather(*storm))

    assert tally(finished(bank.idem, main)) == {(500, False): 1, (200, False): 1, (200, True): 8}
    assert (bank.runs, ledger(db), records(db)) == (2, [5], 1)
