"""What tests of plain functions share: a job, a mark for it, and the end of an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from idem_runtime import Idempotency, money_moving

Database = psycopg.Connection[Any]
INSERT = "INSERT INTO ledger (amount) VALUES (%s)"
PATIENCE = 60.0
"""Seconds after which something that should have happened did not."""


@dataclass(frozen=True)
class Job:
    id: str = "1"
    amount: int = 5


def mark(operation: str = "pay", **more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A mark for functions of one job; all jobs are alice's."""
    return money_moving(operation=operation, key=lambda job: job.id, principal=lambda job: "alice", **more)


def entry_mark(**more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A mark for functions of a name, nested in others: the principal is theirs."""
    return money_moving(operation="entry", key=lambda name: name, **more)


def finished(idem: Idempotency, main: Callable[[], Awaitable[Any]]) -> Any:
    """Run ``main`` in a loop of its own, not for ever, and close the async pool with it."""

    async def closing() -> Any:
        try:
            return await asyncio.wait_for(main(), PATIENCE)
        finally:
            await idem.aclose()

    return asyncio.run(closing())


class Alone:
    """Fails where two are in its block at once."""

    def __init__(self) -> None:
        self.inside: list[str] = []

    @contextmanager
    def __call__(self, name: str) -> Generator[None, None, None]:
        assert not self.inside, f"{name} came in while {self.inside} had not left"
        self.inside.append(name)
        try:
            yield
        finally:
            self.inside.remove(name)
