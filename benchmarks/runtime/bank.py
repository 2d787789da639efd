"""The transfer that every way of the runtime's benchmarks protects, or leaves bare."""

from __future__ import annotations

from typing import Any

RESPONSE = "x" * 300
SETUP = """
CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL);
INSERT INTO account SELECT n, 1000000 FROM generate_series(1, 1000) n;
CREATE TABLE entry (id bigserial PRIMARY KEY, account int NOT NULL, amount int NOT NULL);
"""
WITHDRAW = "UPDATE account SET balance = balance - 1 WHERE id = %s"
DEPOSIT = "UPDATE account SET balance = balance + 1 WHERE id = %s"
ENTER = "INSERT INTO entry (account, amount) VALUES (%s, 1)"


def transfer(db: Any) -> str:
    """Three statements: out of one account, into another, one entry."""
    db.execute(WITHDRAW, (1,))
    db.execute(DEPOSIT, (2,))
    db.execute(ENTER, (2,))
    return RESPONSE


async def async_transfer(db: Any) -> str:
    """The same on an async connection."""
    await db.execute(WITHDRAW, (1,))
    await db.execute(DEPOSIT, (2,))
    await db.execute(ENTER, (2,))
    return RESPONSE
