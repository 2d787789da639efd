"""The program that fault tests kill: a transfer, local or external, on a connection that leads through the proxy."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg

from idem_runtime import Idempotency, money_moving
from idem_runtime.adapters.function import FunctionAdmission
from idem_runtime.execution import current
from idem_runtime.marks import admission_here

KEY = {"key": lambda name: name, "scope": lambda name: "alice"}
FIRST, SECOND = (
    "INSERT INTO ledger (amount) VALUES (7) RETURNING id",
    "UPDATE ledger SET who = %s WHERE id = %s",
)


@money_moving(operation="local", **KEY)
def local(name: str) -> int:
    db = current.get().borrow_sync()
    number = int(db.execute(FIRST).fetchone()[0])
    db.execute(SECOND, (name, number))
    return number


@money_moving(operation="local", **KEY)
async def local_async(name: str) -> int:
    db = await current.get().borrow_async()
    number = int((await (await db.execute(FIRST)).fetchone())[0])
    await db.execute(SECOND, (name, number))
    return number


@money_moving(operation="external", effect="external", wait=0, **KEY)
def external(name: str) -> int:
    """The provider is the ledger, over a connection that no fault touches."""
    with psycopg.connect(_provider[0], autocommit=True) as provider:
        row = provider.execute(FIRST).fetchone()
        assert row is not None
        return int(row[0])


@money_moving(operation="external", effect="external", wait=0, **KEY)
async def external_async(name: str) -> int:
    return int(external.__wrapped__(name))  # type: ignore[attr-defined]


_provider = [""]


def run(dsn: str, provider: str, effect: str, colour: str) -> int:
    """One call, as a caller makes it, on pools of its own."""
    _provider[0] = provider
    idem = Idempotency(dsn, pool_size=1, pool_timeout=5)
    try:
        with admission_here(FunctionAdmission(idem)):
            if colour == "sync":
                return int((local if effect == "local" else external)("k"))
            return asyncio.run(_run_async(idem, local_async if effect == "local" else external_async))
    finally:
        idem.close()


async def _run_async(idem: Idempotency, function: Any) -> int:
    try:
        return int(await function("k"))
    finally:
        await idem.aclose()
