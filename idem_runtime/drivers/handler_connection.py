"""The connection that a handler gets: the pool's own, shared for one execution, unable to end the transaction.

A borrowed connection is a second object over the same libpq connection (and the same adapters, prepared statements and
lock). Everything psycopg does with a connection goes through ``wait``: so one check there revokes every cursor,
transaction block and copy that a handler may have kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Hashable
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from types import TracebackType
from typing import Any, NoReturn, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.transaction import BaseTransaction
from psycopg.waiting import Wait

from idem_runtime.drivers.async_wait import Resumed, Watch

INTERRUPTIONS = (asyncio.CancelledError, KeyboardInterrupt, SystemExit)
"""At which psycopg ends the statement that is running."""


class Loan:
    """What whoever has the connection may do with it, and what became of what they did.

    ``claimed``: the savepoint of the execution that has joined; ``None``: the transaction is an ordinary one so far.
    ``taken_back``: what was done since then is undone, because a part that was opened before it was rolled back.
    ``used``: something was sent with it, by which psycopg may have prepared statements.
    ``on_use``: is told of that, where others share the transaction.
    ``watch``: of the connection's socket, where nobody else waits for it.
    """

    __slots__ = ("claimed", "connection", "on_use", "revoked", "taken_back", "used", "watch")

    def __init__(self) -> None:
        """A loan in force."""
        self.revoked = False
        self.used = False
        self.claimed: str | None = None
        self.taken_back = False
        self.on_use: Callable[[], None] | None = None
        self.watch: Watch | None = None
        self.connection: Any = None
        """What is lent, the same for everybody who asks: they share one stack of savepoints."""

    def use(self) -> None:
        """Something is about to be sent; refused after the response was sealed."""
        if self.revoked:
            raise psycopg.InterfaceError("this connection was lent to a money-moving handler that has ended")
        self.used = True
        if self.on_use is not None:
            self.on_use()

    def revoke(self) -> None:
        """The handler is done. What it kept of the connection keeps the loan, and not the other way round."""
        self.revoked, self.connection = True, None


def only_read(state: dict[str, Any], *, yes: bool | None = True) -> None:
    """Begin the next transaction of the psycopg connection with these attributes READ ONLY, or as ``yes`` says."""
    state["_read_only"] = yes
    state["_begin_statement"] = b""  # psycopg composes it anew


def begins_transactions(lent: Any, level: psycopg.IsolationLevel) -> None:
    """Have ``lent``'s statements before the claim begin a transaction of ``level``, whatever its owner's begin.

    psycopg's own setters would ask the server's connection, which they do not change here: it is only what is lent.
    """
    state: dict[str, Any] = lent.__dict__
    state["_autocommit"] = False
    state["_isolation_level"] = level
    state["_begin_statement"] = b""  # psycopg composes it anew


def not_yours(what: str, *, part: str) -> str:
    """Why ``what`` is refused, and what to do instead; ``part`` is how a part is undone."""
    return (
        f"{what} is not yours to call on what is lent: it commits after the handler returns, and in a money-moving one "
        f"together with key and response. Raise an exception to undo the effect; use {part} for a part of it."
    )


def _outlived(block: psycopg.Transaction | psycopg.AsyncTransaction) -> bool:
    """Whether a block ends after the response was sealed, as one around a FastAPI dependency's ``yield`` does.

    What it holds is committed by then: there is nothing left to do.
    """
    connection: Any = block.connection
    revoked = bool(connection._idem_loan.revoked)  # noqa: SLF001 - ours
    if revoked and block.force_rollback:
        raise psycopg.ProgrammingError(ENDS_LATE)
    return revoked


ENDS_LATE = "transaction(force_rollback=True) ends after the handler: end it in the handler"


class _Part(BaseTransaction[Any]):
    """A part of a lent transaction: always a savepoint, also where nothing has begun the transaction yet.

    A part that a dependency opened before the execution joined has the claim inside it. So its success ends nothing, since
    effect and record commit together later, and its failure takes the effect back first, while the claim can still show
    that this is the transaction in which the effect was made.
    """

    _around = False

    def _enter_gen(self) -> PQGen[None]:
        yield from self._conn._start_query()  # noqa: SLF001 - what psycopg does before a statement
        self._around = self._conn._idem_loan.claimed is None  # noqa: SLF001 - ours
        yield from super()._enter_gen()

    def _exit_gen(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> PQGen[bool]:
        loan: Loan = self._conn._idem_loan  # noqa: SLF001 - ours
        if exc_val is not None and self._around and loan.claimed is not None:
            yield from self._take_back(loan)
        elif self._around and loan.claimed is not None:
            return self._leave()
        try:
            return (yield from super()._exit_gen(exc_type, exc_val, exc_tb))
        except psycopg.transaction.OutOfOrderTransactionNesting:
            loan.taken_back = True  # two parts at once: what is kept of them is not what either says
            raise

    def _leave(self) -> bool:
        if self.force_rollback:
            raise psycopg.ProgrammingError(ENDS_LATE)
        self._pop_savepoint("commit")
        self.status = self.Status.COMMITTED
        return False

    def _take_back(self, loan: Loan) -> PQGen[None]:
        try:
            yield from self._conn._exec_command(  # noqa: SLF001 - how psycopg's own blocks undo
                f'ROLLBACK TO SAVEPOINT "{loan.claimed}"'.encode()
            )
        except (
            psycopg.Error
        ):  # the handler had ended the transaction: that is found out, and said, when it is sealed
            return
        loan.taken_back = True


class Block(_Part, psycopg.Transaction):
    """A part of the handler's transaction."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Keep or undo the part."""
        return False if _outlived(self) else super().__exit__(kind, error, trace)


class AsyncBlock(_Part, psycopg.AsyncTransaction):
    """A part of the async handler's transaction."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Keep or undo the part."""
        return False if _outlived(self) else await super().__aexit__(kind, error, trace)


def _refuse(what: str) -> NoReturn:
    raise psycopg.ProgrammingError(not_yours(what, part="connection.transaction()"))


class _Guard:
    """What both colours forbid."""

    _idem_loan: Loan

    def __del__(self) -> None:
        """The real connection is closed by whoever owns it."""

    def __repr__(self) -> str:
        loan = vars(self).get("_idem_loan")
        state = "not used yet" if loan is None else "revoked" if loan.revoked else "in force"
        return f"<connection lent to a money-moving handler, {state}>"


class _SyncGuard(_Guard):
    @contextmanager
    def transaction(
        self,
        savepoint_name: str | None = None,
        force_rollback: bool = False,  # noqa: FBT001, FBT002 - psycopg's signature
    ) -> Generator[psycopg.Transaction, None, None]:
        with Block(cast("psycopg.Connection[Any]", self), savepoint_name, force_rollback) as block:
            yield block

    def wait(self, *args: Any, **kwargs: Any) -> Any:
        self._idem_loan.use()
        return super().wait(*args, **kwargs)  # type: ignore[misc]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportUnknownVariableType] - psycopg's, beside this in the MRO

    def commit(self) -> None:
        _refuse("commit()")

    def rollback(self) -> None:
        _refuse("rollback()")

    def close(self) -> None:
        _refuse("close()")

    def tpc_begin(self, xid: Any) -> None:  # noqa: ARG002 - psycopg's signature
        _refuse("tpc_begin()")


class _LaterGuard(_SyncGuard):
    """A loan that was made for later, until it is used."""

    def __getattr__(self, name: str) -> Any:
        """Only asked for what is not there: everything, before the loan is used."""
        unused = {**vars(self)}
        borrow, lent_class = unused.pop("_idem_later", (None, None))
        if borrow is None:  # another thread was faster
            return object.__getattribute__(self, name)
        self.__dict__ = vars(borrow())  # shared: this is another name for what everybody gets
        vars(self).update(unused)  # what was set before
        self.__class__ = lent_class  # a class with __getattr__ is slower to ask for anything
        return getattr(self, name)


class _AsyncGuard(_Guard):
    @asynccontextmanager
    async def transaction(
        self,
        savepoint_name: str | None = None,
        force_rollback: bool = False,  # noqa: FBT001, FBT002 - psycopg's signature
    ) -> AsyncGenerator[psycopg.AsyncTransaction, None]:
        async with AsyncBlock(
            cast("psycopg.AsyncConnection[Any]", self), savepoint_name, force_rollback
        ) as block:
            yield block

    async def wait(self, steps: PQGen[Any], *args: Any, **kwargs: Any) -> Any:
        self._idem_loan.use()
        watch = self._idem_loan.watch
        if watch is None or watch.busy or args or kwargs:
            return await self._wait(steps, *args, **kwargs)
        wanted: int = Wait.R
        interruption: BaseException | None = None
        try:
            wanted = next(steps)
            if wanted == Wait.R:
                return await watch.rest(steps, wanted)
        except (StopIteration, *INTERRUPTIONS) as error:
            # psycopg gives way to others where nothing has to be waited for, and ends a statement that is interrupted
            wanted, interruption = watch.wanted, error
        return await self._wait(Resumed(steps, wanted, interruption))

    async def _wait(self, steps: Any, *args: Any, **kwargs: Any) -> Any:
        """As psycopg waits, which watches the socket by itself."""
        watch = self._idem_loan.watch
        if watch is not None and not watch.busy:
            watch.close()
        return await super().wait(steps, *args, **kwargs)  # type: ignore[misc]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportUnknownVariableType] - psycopg's, beside this in the MRO

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


def _share(real: Any, guard: Any, loan: Loan) -> Any:
    if loan.connection is None:
        kind: Any = real.__class__
        borrowed = object.__new__(_class(guard, kind))
        _ = real.adapters  # made at first use: once for the real connection, not anew for every loan
        borrowed.__dict__ = {**vars(real), "_idem_loan": loan}
        loan.connection = borrowed
    return loan.connection


def lend(real: psycopg.Connection[Any], loan: Loan) -> psycopg.Connection[Any]:
    """``real`` as a handler may have it."""
    return _share(real, _SyncGuard, loan)  # type: ignore[no-any-return]  # - made from ``real``


def lend_later(kind: type[Any], borrow: Callable[[], psycopg.Connection[Any]]) -> psycopg.Connection[Any]:
    """A connection of class ``kind``, borrowed when it is first used: a dependency that only hands it on holds none."""
    unused, lent = (
        _class(cast("Hashable", guard), cast("Hashable", kind)) for guard in (_LaterGuard, _SyncGuard)
    )
    later = object.__new__(unused)
    later.__dict__ = {"_idem_later": (borrow, lent)}
    return cast("psycopg.Connection[Any]", later)


def lend_async(real: psycopg.AsyncConnection[Any], loan: Loan) -> psycopg.AsyncConnection[Any]:
    """``real`` as an async handler may have it."""
    return _share(real, _AsyncGuard, loan)  # type: ignore[no-any-return]  # - made from ``real``
