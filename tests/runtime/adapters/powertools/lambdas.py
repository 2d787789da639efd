"""What the environments of the tests run that end them, freeze them, or let them run out of time."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import psycopg
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from idem_runtime import Idempotency, current_attempt, money_moving
from tests.runtime.adapters.powertools.bank import principal

Lent = psycopg.Connection[Any]
INSERT = "INSERT INTO ledger (amount) VALUES (%s)"
LONG = 60
"""Seconds: more than any test waits."""


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def handlers(dsn: str) -> dict[str, Callable[[Any, Any], Any]]:  # noqa: C901 - one function per way to end
    idem = Idempotency(dsn, principal=principal, wait=0.2)
    app = APIGatewayRestResolver()
    idem.install(app)

    def action() -> str:
        """What the first request is to do besides; its retry does not say it."""
        return str(app.current_event.headers.get("x-do", ""))

    @app.post("/pay")
    @money_moving
    def pay(db: Lent = idem.lent):
        db.execute(INSERT, (5,))
        what = action()
        if what == "sleep":
            time.sleep(LONG)
        elif what == "insist":  # whatever is raised
            end = time.monotonic() + LONG
            while time.monotonic() < end:
                try:
                    time.sleep(LONG)
                except BaseException as error:
                    print(type(error).__name__, file=sys.stderr)
        elif what == "kill after commit":
            current_attempt().after_commit(kill)
        return {"paid": 5}

    @app.post("/async")
    @money_moving
    async def pay_async():
        await (await idem.connection()).execute(INSERT, (5,))
        if action() == "sleep":
            await asyncio.sleep(LONG)
        return {"paid": 5}

    loop = asyncio.new_event_loop()

    def exiting(event: Any, context: Any) -> Any:
        """SIGTERM as a function with an extension may have it."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        return app.resolve(event, context)

    return {
        "sync": app.resolve,
        "exiting": exiting,
        "async": lambda event, context: loop.run_until_complete(app.resolve_async(event, context)),
    }
