"""A pool that nobody closes is found, with the test that opened it.

psycopg stops the threads of such a pool when it is collected. Where one of those threads lets go of it last, it cannot wait
for itself, and what it raises is seen in whichever test runs by then: rarely, and never in the one to blame.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import pytest
from psycopg_pool import ConnectionPool

OPEN, COLLECT = ConnectionPool._open, ConnectionPool.__del__
REMEDY = "close it: idem.close() or aclose(), pool.close(), or `with` around it"


class Pools:
    """The sync pools of this process that were opened since this watches."""

    def __init__(self) -> None:
        """None was."""
        self._opened: WeakSet[Any] = WeakSet()
        self._collected: list[str] = []

    def opened(self, pool: Any) -> None:
        """A test, or a fixture of its, opens ``pool``, or what it calls does."""
        self._opened.add(pool)
        vars(pool).setdefault("opened_in", os.environ.get("PYTEST_CURRENT_TEST"))

    def collected(self, pool: Any) -> None:
        """Nobody has ``pool`` any more."""
        if not getattr(pool, "_closed", True):
            self._collected.append(_said(pool))

    def refuse_collected(self) -> None:
        """Fail where a pool was collected that was never closed."""
        collected, self._collected = self._collected, []
        assert not collected, f"never closed: {collected}; {REMEDY}"

    def refuse_open(self) -> None:
        """Fail where a pool is still open, or was collected so."""
        gc.collect()
        self.refuse_collected()
        still = [_said(pool) for pool in self._opened if not pool.closed]
        assert not still, f"still open at the end: {still}; {REMEDY}"


def _said(pool: Any) -> str:
    return f"{pool.name}, opened in {vars(pool).get('opened_in')}"


@contextmanager
def watched() -> Generator[Pools]:
    """All pools that are opened meanwhile; who watches already does not see them."""
    pools = Pools()

    def opened(pool: Any) -> None:
        pools.opened(pool)
        OPEN(pool)

    def collected(pool: Any) -> None:
        pools.collected(pool)
        COLLECT(pool)

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(ConnectionPool, "_open", opened)
        patching.setattr(ConnectionPool, "__del__", collected)
        yield pools
