"""One half of the page: a bank, the network before it, its books, and what became of the presses on *Pay*."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from web_demo.network import Network
from web_demo.server import Server

PATIENCE = 60.0
"""Seconds that a caller waits for an answer."""
SHOWN_ENTRIES = 60
"""Rows of the ledger on the page."""
ENTRIES = """
    select to_char(at, 'HH24:MI:SS.MS') as at, reference, amount,
           row_number() over (partition by reference order by id) as number
    from ledger order by id desc limit %s
"""


class Fate(StrEnum):
    """What a press on *Pay* came to, as its caller sees it."""

    WAITING = "on its way"
    MOVED = "moved the money"
    AGAIN = "moved it again"
    REPLAYED = "got the stored answer"
    LOST = "no answer"
    REFUSED = "told to come back"


class Kill(StrEnum):
    """The moment at which the server is killed."""

    NEVER = "never"
    BEFORE = "before"
    AFTER = "after"


@dataclass
class Press:
    """One press; ``entry``: the line of the ledger that its answer tells of."""

    fate: Fate = Fate.WAITING
    entry: int | None = None


@dataclass(frozen=True)
class Payment:
    """What is paid: one reference, one key, however often it is pressed."""

    reference: str
    key: str
    amount: int

    @property
    def order(self) -> dict[str, Any]:
        """The body of the request."""
        return {
            "reference": self.reference,
            "source": "alice",
            "target": "shop",
            "amount": self.amount,
        }


@dataclass(frozen=True)
class Books:
    """What the database says, in cents; of each payment: how many ``transfers`` there are, the entry of the ``first``."""

    alice: int
    shop: int
    transfers: Counter[str]
    first: dict[str, int]
    entries: list[dict[str, Any]]
    taken: int
    due: int

    @property
    def too_much(self) -> int:
        """What was taken for payments that had been made already."""
        return self.taken - self.due

    @property
    def opened_with(self) -> int:
        """What Alice had at the beginning."""
        return self.alice + self.shop


class Side:
    """``module``: of the service; ``dsn``: of its database, which has its tables."""

    def __init__(self, name: str, module: str, dsn: str) -> None:
        self.name, self.module = name, module
        self.server = Server(module, dsn)
        self.network = Network(self.server.port)
        self.presses: list[Press] = []
        self.answered: set[str] = set()
        """References of the payments whose caller was told that they were made."""
        self.said = ""
        self.kill = Kill.NEVER
        self._dsn = dsn
        self._starting = asyncio.Lock()

    async def open(self) -> None:
        """Start the bank, and lay the network before it."""
        await self.network.open()
        await self.server.start()
        every_press_connects = httpx.Limits(max_keepalive_connections=0)
        self._caller = httpx.AsyncClient(trust_env=False, timeout=PATIENCE, limits=every_press_connects)

    async def press(self, payment: Payment, times: int) -> None:
        """*Pay*, so many times at once, with one key; the server is killed in the middle where that was asked for."""
        kill, self.kill = self.kill, Kill.NEVER
        if kill is Kill.BEFORE:
            async with await self._locked() as lock:
                presses = asyncio.gather(*self._presses(payment, times))
                await self._kill_at_the_lock(presses)
                await lock.rollback()
            await presses
        else:
            if kill is Kill.AFTER:
                self.network.at_an_answer = self._killed
            await asyncio.gather(*self._presses(payment, times))
            self.network.at_an_answer = None
        await self._start_again()

    def _presses(self, payment: Payment, times: int) -> list[Coroutine[Any, Any, None]]:
        pressed = [Press() for _ in range(times)]
        self.presses += pressed
        return [self._press(payment, press) for press in pressed]

    async def _press(self, payment: Payment, press: Press) -> None:
        """One request, on a connection of its own."""
        url = f"http://127.0.0.1:{self.network.port}/wallet/transfers"
        headers = {"x-customer": "alice", "idempotency-key": payment.key}
        try:
            answer = await self._caller.post(url, json=payment.order, headers=headers)
        except httpx.TransportError:
            press.fate = Fate.LOST
            return
        press.fate = _fate_of(answer)
        if answer.is_success:
            press.entry = answer.json()["entry"]
            self.answered.add(payment.reference)

    async def _locked(self) -> psycopg.AsyncConnection[Any]:
        """A transaction that holds the shop's account, so that every transfer stops in its middle."""
        db = await psycopg.AsyncConnection.connect(self._dsn)
        await db.execute("select from account where id = 'shop' for update")
        return db

    async def _kill_at_the_lock(self, presses: asyncio.Future[Any]) -> None:
        """Kill the server once a transfer waits for what we hold, or let it be where none does."""
        waits = (
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        async with await psycopg.AsyncConnection.connect(self._dsn, autocommit=True) as db:
            while not presses.done():
                if await (await db.execute(waits)).fetchone():
                    self._kill("in the middle of the transfer")
                    return
                await asyncio.sleep(0.01)
        self.said = "There was no transfer to kill: the stored answer was enough."

    def _killed(self) -> bool:
        """Kill the server while its answer is on the way: it has committed, and nobody will hear of it."""
        if self.server.serves:
            self._kill("after the commit, before its answer arrived")
        return True

    def _kill(self, moment: str) -> None:
        self.said = f"Process {self.server.pid} was killed {moment}."
        self.server.kill()

    async def _start_again(self) -> None:
        async with self._starting:
            if not self.server.serves:
                await self.server.start()
                self.said += f" Process {self.server.pid} serves now."

    async def books(self, amount: int) -> Books:
        """Ask the database; ``amount``: of each payment."""
        async with await psycopg.AsyncConnection.connect(self._dsn, row_factory=dict_row) as db:
            await db.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
            accounts = await db.execute("select id, balance from account")
            balances = {row["id"]: row["balance"] for row in await accounts.fetchall()}
            counted = await db.execute(
                "select reference, count(*), min(id) as first from ledger group by reference"
            )
            payments = await counted.fetchall()
            entries = await db.execute(ENTRIES, (SHOWN_ENTRIES,))
            rows = await entries.fetchall()
        transfers = Counter({row["reference"]: row["count"] for row in payments})
        first = {row["reference"]: row["first"] for row in payments}
        taken, due = transfers.total() * amount, len(transfers) * amount
        return Books(balances["alice"], balances["shop"], transfers, first, rows, taken, due)

    async def reset(self) -> None:
        """The books as at the beginning, and no records."""
        async with await psycopg.AsyncConnection.connect(self._dsn) as db:
            await db.execute("truncate ledger, idempotency_records restart identity")
            await db.execute(
                "update account set balance = case id when 'alice' then (select sum(balance) from account) else 0 end"
            )
        self.presses, self.said, self.kill = [], "", Kill.NEVER
        self.answered.clear()
        self.network.loses_answers = False


def _fate_of(answer: httpx.Response) -> Fate:
    if not answer.is_success:
        return Fate.REFUSED
    return Fate.REPLAYED if "idempotent-replayed" in answer.headers else Fate.MOVED
