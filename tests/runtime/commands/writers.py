"""Payments for as long as a migration lasts, by this library, or by the one of schema 1: the statements that it sent.

``python -m tests.runtime.commands.writers DSN STOP``: the earlier one, until the file STOP is there; prints how many it made.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

SCHEMA_1 = Path(__file__).parents[2] / "data" / "schema_1"
KEYS = 25


def as_of_schema_1() -> None:
    """From here on this process sends the statements of the earlier library."""
    import re

    from idem_runtime import sql

    def load(file: str) -> dict[str, str]:
        text = (SCHEMA_1 / file).read_text(encoding="utf-8")
        parts = re.split(r"^-- name: (\w+)$", text, flags=re.MULTILINE)
        return {
            name: sql._without_comments(body) for name, body in zip(parts[1::2], parts[2::2], strict=True)
        }

    sql.load = load  # type: ignore[assignment]


def pay_until(dsn: str, done: Callable[[int], bool], seed: int) -> int:
    """Local and external payments under a few keys, most of them duplicates; returns how many calls were answered."""
    from idem_runtime import Idempotency, InProgress, money_moving
    from idem_runtime.adapters.function.admission import FunctionAdmission
    from idem_runtime.idempotency import runtime_of
    from idem_runtime.marks import admission_here

    idem = Idempotency(dsn)
    mark: dict[str, Any] = {"key": lambda key: key, "principal": lambda key: "alice", "connection": "inside"}
    insert = "INSERT INTO ledger (who, amount) VALUES (%s, 1)"

    @money_moving(operation="pay", **mark)
    def pay(key: str) -> str:
        idem.sync_connection().execute(insert, (f"pay {key}",))
        return key

    del mark["connection"]

    @money_moving(operation="send", effect="external", **mark)
    def send(key: str) -> str:
        with psycopg.connect(dsn, autocommit=True) as provider:
            provider.execute(insert, (f"send {key}",))
        return key

    draw, answered = random.Random(seed), 0
    with admission_here(FunctionAdmission(runtime_of(idem))):
        while not done(answered):
            key = f"{answered // KEYS}.{draw.randrange(KEYS)}"
            try:
                assert draw.choice((pay, send))(key) == key
            except InProgress:
                continue
            answered += 1
    idem.close()
    return answered


if __name__ == "__main__":
    as_of_schema_1()
    stop = Path(sys.argv[2])
    print("ready", flush=True)
    print(pay_until(sys.argv[1], lambda answered: stop.exists() and answered > KEYS, seed=1))
