"""The connection that a handler gets: the pool's own, shared for one execution, unable to end the transaction.

A borrowed connection is a second object over the same libpq connection (and the same adapters, prepared statements and
lock). Everything psycopg does with a connection goes through ``wait``: so one check there revokes every cursor,
transaction block and copy that a handler may have kept.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import Any, NoReturn, cast

import psycopg


class Loan:
    """Whether whoever has the connection may still use it."""

    __slots__ = ("revoked",)

    def __init__(self) -> None:
        """A loan in force."""
        self.revoked = False

    def check(self) -> None:
        """Refuse use after the response was sealed."""
        if self.revoked:
            raise psycopg.InterfaceError("this connection was lent to a money-moving handler that has ended")


def not_yours(what: str, *, part: str) -> str:
    """Why ``what`` is refused, and what to do instead; ``part`` is how a part is undone."""
    return (
        f"{what} is not yours to call in a money-moving handler: effect, key and response commit together after it "
        f"returns. Raise an exception to undo the effect; use {part} for a part of it."
    )


def _refuse(what: str) -> NoReturn:
    raise psycopg.ProgrammingError(not_yours(what, part="connection.transaction()"))


class _Guard:
    """What both colours forbid."""

    _idem_loan: Loan

    def __del__(self) -> None:
        """The real connection is closed by whoever owns it."""

    def __repr__(self) -> str:
        return f"<connection lent to a money-moving handler, {'revoked' if self._idem_loan.revoked else 'in force'}>"


class _SyncGuard(_Guard):
    def wait(self, *args: Any, **kwargs: Any) -> Any:
        self._idem_loan.check()
        return super().wait(*args, **kwargs)  # type: ignore[misc]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportUnknownVariableType]

    def commit(self) -> None:
        _refuse("commit()")

    def rollback(self) -> None:
        _refuse("rollback()")

    def close(self) -> None:
        _refuse("close()")

    def tpc_begin(self, xid: Any) -> None:  # noqa: ARG002 - psycopg's signature
        _refuse("tpc_begin()")


class _AsyncGuard(_Guard):
    async def wait(self, *args: Any, **kwargs: Any) -> Any:
        self._idem_loan.check()
        return await super().wait(*args, **kwargs)  # type: ignore[misc]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportUnknownVariableType]

    async def commit(self) -> None:
        _refuse("commit()")

    async def rollback(self) -> None:
        _refuse("rollback()")

    async def close(self) -> None:
        _refuse("close()")

    async def tpc_begin(self, xid: Any) -> None:  # noqa: ARG002 - psycopg's signature
        _refuse("tpc_begin()")


@cache
def _class(guard: Hashable, base: Hashable) -> type[Any]:
    bases = cast("tuple[type, type]", (guard, base))
    return type(f"Borrowed{bases[1].__name__}", bases, {"__module__": __name__})


def _share(real: Any, guard: type, loan: Loan) -> Any:
    borrowed = object.__new__(_class(cast("Hashable", guard), cast("Hashable", type(real))))
    _ = real.adapters  # made at first use: once for the real connection, not anew for every loan
    borrowed.__dict__ = {**vars(real), "_idem_loan": loan}
    return borrowed


def lend(real: psycopg.Connection[Any], loan: Loan) -> psycopg.Connection[Any]:
    """``real`` as a handler may have it."""
    return cast("psycopg.Connection[Any]", _share(real, _SyncGuard, loan))


def lend_async(real: psycopg.AsyncConnection[Any], loan: Loan) -> psycopg.AsyncConnection[Any]:
    """``real`` as an async handler may have it."""
    return cast("psycopg.AsyncConnection[Any]", _share(real, _AsyncGuard, loan))
