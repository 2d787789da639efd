"""What every worker of these tests runs: payments that can be held and killed, told by files in a folder.

``ORDER.hold``: it waits inside its transaction until the file is gone; ``ORDER.die``: the worker is killed inside it, and
``ORDER.die-committed`` right behind the commit, before anything is acknowledged: once, because the file goes first.
``ORDER.die-alone`` kills one process of the worker. ``ORDER.started`` has a line for each run, and ``ORDER.fail`` makes it raise.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

from idem_runtime import Idempotency, current_attempt, money_moving

FOLDER = Path(os.environ.get("QUEUE_FOLDER", "/nowhere"))
PATIENCE = 120.0
"""Seconds after which a payment that is held ends by itself."""
INSERT = "INSERT INTO ledger (who, amount) VALUES (%s, %s)"

idem = Idempotency(os.environ.get("PAYMENTS_DSN", "postgresql://nowhere/"), wait=0.1, store_timeout=1)

MARK = money_moving(operation="pay", key=lambda order: order, principal=lambda: "acme", connection="inside")
EXTERNAL = money_moving(
    operation="send", effect="external", lease=0.5, key=lambda order: order, principal=lambda: "acme"
)


@MARK
def pay(order: str, amount: int) -> int:
    """A payment."""
    idem.sync_connection().execute(INSERT, (order, amount))
    _begin(order)
    _wait(order)
    return amount


@MARK
async def pay_async(order: str, amount: int) -> int:
    """As :func:`pay`, in an event loop."""
    await (await idem.connection()).execute(INSERT, (order, amount))
    _begin(order)
    await asyncio.to_thread(_wait, order)
    return amount


@EXTERNAL
def send(order: str, amount: int) -> int:
    """A payment by a provider: what becomes of it is not known where the worker dies."""
    _begin(order)
    return amount


@EXTERNAL
async def send_async(order: str, amount: int) -> int:
    """As :func:`send`, in an event loop."""
    _begin(order)
    return amount


def _begin(order: str) -> None:
    with (FOLDER / f"{order}.started").open("a") as started:
        started.write("run\n")
    if _take(f"{order}.die"):
        die()
    if _take(f"{order}.die-alone"):
        os.kill(os.getpid(), signal.SIGKILL)
    if _take(f"{order}.die-committed"):
        current_attempt().after_commit(die)
    if _take(f"{order}.fail"):
        raise ConnectionError("the bank of the payee is away")


def die() -> None:
    """As the out-of-memory killer ends a worker: with all of its processes."""
    os.killpg(0, signal.SIGKILL)


def _take(name: str) -> bool:
    try:
        (FOLDER / name).unlink()
    except FileNotFoundError:
        return False
    return True


def _wait(order: str) -> None:
    end = time.monotonic() + PATIENCE
    while (FOLDER / f"{order}.hold").exists() and time.monotonic() < end:
        time.sleep(0.02)


def installed() -> Any:
    """Protect the functions of this process."""
    idem.install()
    return idem
