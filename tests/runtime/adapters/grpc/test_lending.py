"""What a servicer method is lent, marked or not, and what stands between the server and a mark."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import grpc
import psycopg
import pytest
from psycopg_pool import ConnectionPool

from idem_runtime import Idempotency, current_attempt, ledger_write, money_moving
from idem_runtime.errors import ConfigurationError
from tests.runtime import orm
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.grpc.asking import BOTH, INSERT, bank_class, pb2, serving, tenant

Database = psycopg.Connection[Any]
KINDS = ("sync", "aio", "sync on aio")


def made(idem: Idempotency, kind: str, says: Any = None) -> Any:
    """A method that writes in what it is lent, and then does what ``says`` says."""

    def transfers(self: Any, request: Any, context: Any) -> Any:
        idem.sync_connection().execute(INSERT, (request.amount,))
        return pb2.Reply(id=1) if says is None else says(context)

    async def transfers_async(self: Any, request: Any, context: Any) -> Any:
        await (await idem.connection()).execute(INSERT, (request.amount,))
        said = pb2.Reply(id=1) if says is None else says(context)
        return await said if hasattr(said, "__await__") else said

    return transfers_async if kind == "aio" else transfers


def asked(idem: Idempotency, kind: str, method: Any, *, times: int = 1) -> list[Any]:
    with serving(idem, bank_class(Transfers=method)(), aio=kind != "sync") as ask:
        return [ask(key=None if times == 1 else "k") for _ in range(times)]


# Unmarked methods


@pytest.mark.parametrize("kind", KINDS)
def test_an_unmarked_method_writes_in_an_ordinary_transaction(dsn: str, db: Database, kind: str) -> None:
    idem = Idempotency(dsn, principal=tenant)
    (answer,) = asked(idem, kind, made(idem, kind))
    assert (answer.code, ledger(db), records(db)) == ("OK", [5], 0)


def failing(context: Any) -> Any:
    raise RuntimeError("secret")


def aborting(context: Any) -> Any:
    return context.abort(grpc.StatusCode.NOT_FOUND, "gone")


def swallowing(context: Any) -> Any:
    try:
        aborted = context.abort(grpc.StatusCode.NOT_FOUND, "gone")
    except Exception:
        return pb2.Reply(id=1)

    async def swallowed() -> Any:
        try:
            await aborted
        except grpc.aio.AbortError:
            return pb2.Reply(id=1)

    return swallowed()


class Status(grpc.Status):  # type: ignore[misc]
    code = grpc.StatusCode.NOT_FOUND
    details = "gone"
    trailing_metadata = ()


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(
    ("says", "code"),
    [
        (failing, "UNKNOWN"),
        (aborting, "NOT_FOUND"),
        (swallowing, "NOT_FOUND"),
        (lambda context: context.abort_with_status(Status()), "NOT_FOUND"),
    ],
)
def test_what_an_unmarked_method_raises_undoes_what_it_wrote(
    dsn: str, db: Database, kind: str, says: Any, code: str
) -> None:
    idem = Idempotency(dsn, principal=tenant)
    (answer,) = asked(idem, kind, made(idem, kind, says))
    assert (answer.code, ledger(db)) == (code, [])
    assert "secret" not in answer.details


def setting(context: Any) -> Any:
    context.set_code(grpc.StatusCode.OUT_OF_RANGE)
    context.set_details("too far")
    raise RuntimeError("secret")


@pytest.mark.parametrize("kind", KINDS)
def test_a_code_that_an_unmarked_method_set_before_it_raised_is_told(
    dsn: str, db: Database, kind: str
) -> None:
    idem = Idempotency(dsn, principal=tenant)
    (answer,) = asked(idem, kind, made(idem, kind, setting))
    # what a sync method on an aio server has set cannot be read back
    expected = ("UNKNOWN", "The m") if kind == "sync on aio" else ("OUT_OF_RANGE", "too f")
    assert (answer.code, answer.details[:5], ledger(db)) == (*expected, [])


@pytest.mark.parametrize("kind", BOTH)
def test_an_unmarked_method_that_borrows_nothing_is_told_of_as_grpc_does(
    dsn: str, db: Database, kind: str
) -> None:
    def transfers(self: Any, request: Any, context: Any) -> Any:
        raise RuntimeError("its own text")

    async def transfers_async(self: Any, request: Any, context: Any) -> Any:
        raise RuntimeError("its own text")

    (answer,) = asked(
        Idempotency(dsn, principal=tenant), kind, transfers_async if kind == "aio" else transfers
    )
    assert "its own text" in answer.details


@pytest.mark.parametrize("kind", BOTH)
def test_an_unmarked_method_whose_commit_fails_tells_no_success(dsn: str, db: Database, kind: str) -> None:
    db.execute("CREATE TABLE late (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
    try:
        idem, twice = Idempotency(dsn, principal=tenant), "INSERT INTO late VALUES (1), (1)"

        def transfers(self: Any, request: Any, context: Any) -> Any:
            idem.sync_connection().execute(twice)
            return pb2.Reply()

        async def transfers_async(self: Any, request: Any, context: Any) -> Any:
            await (await idem.connection()).execute(twice)
            return pb2.Reply()

        (answer,) = asked(idem, kind, transfers_async if kind == "aio" else transfers)
    finally:
        db.execute("DROP TABLE late")
    assert (answer.code, answer.details[:17]) == ("UNKNOWN", "The method failed")


@pytest.mark.parametrize("kind", BOTH)
def test_a_refusal_out_of_an_unmarked_method_is_told_as_one(dsn: str, db: Database, kind: str) -> None:
    """A marked function that it calls, which nothing protects."""

    @money_moving(operation="f", key=lambda: "k", connection="inside")
    def function() -> None:
        pass

    idem = Idempotency(dsn, principal=tenant)
    (answer,) = asked(idem, kind, made(idem, kind, lambda context: function()))
    assert (answer.code, answer.problem, ledger(db)) == ("INTERNAL", "not_installed", [])


@pytest.mark.parametrize("kind", BOTH)
def test_a_store_that_is_away_refuses_an_unmarked_method_that_borrows(kind: str) -> None:
    idem = Idempotency("postgresql://postgres@127.0.0.1:1/x", principal=tenant, pool_timeout=0.2)
    (answer,) = asked(idem, kind, made(idem, kind))
    assert (answer.code, answer.problem) == ("UNAVAILABLE", "store_unavailable")


@pytest.mark.parametrize("kind", BOTH)
def test_an_unmarked_method_that_leaves_a_copy_open_is_no_success(dsn: str, db: Database, kind: str) -> None:
    idem, kept, copying = Idempotency(dsn, principal=tenant), [], "COPY ledger (amount) FROM STDIN"

    def transfers(self: Any, request: Any, context: Any) -> Any:
        kept.append(idem.sync_connection().cursor().copy(copying))
        kept[0].__enter__()
        return pb2.Reply()

    async def transfers_async(self: Any, request: Any, context: Any) -> Any:
        kept.append((await idem.connection()).cursor().copy(copying))
        await kept[0].__aenter__()
        return pb2.Reply()

    (answer,) = asked(idem, kind, transfers_async if kind == "aio" else transfers)
    kept.clear()
    assert (answer.code, answer.problem, ledger(db)) == ("INTERNAL", "transaction_broken", [])


# Marked methods


@pytest.mark.parametrize("kind", KINDS)
def test_a_sync_pool_is_enough_and_a_principal_may_be_awaited(dsn: str, db: Database, kind: str) -> None:
    async def principal(context: Any) -> str:
        await asyncio.sleep(0)
        return tenant(context)

    with ConnectionPool(dsn, min_size=1, max_size=2, open=False) as pool:
        idem = Idempotency(pool=pool, principal=principal)

        @money_moving
        async def transfers(self: Any, request: Any, context: Any) -> Any:
            idem.sync_connection().execute(INSERT, (request.amount,))
            return pb2.Reply(id=1)

        method = transfers if kind == "aio" else money_moving(made(idem, kind))
        first, again = asked(idem, kind, method, times=2)
    assert (first.code, again.replayed, ledger(db)) == ("OK", True, [5])


@pytest.mark.parametrize("kind", KINDS)
def test_a_method_gets_the_connection_in_a_parameter(dsn: str, db: Database, kind: str) -> None:
    idem = Idempotency(dsn, principal=tenant)

    @money_moving
    def transfers(self: Any, request: Any, context: Any, db: Any = idem.lent) -> Any:
        return pb2.Reply(id=orm.write(db, request.amount))

    @money_moving
    async def transfers_async(self: Any, request: Any, context: Any, db: Any = idem.lent) -> Any:
        return pb2.Reply(id=await orm.write_async(db, request.amount))

    first, again = asked(idem, kind, transfers_async if kind == "aio" else transfers, times=2)
    assert (first.code, again.replayed, ledger(db)) == ("OK", True, [5])


def test_a_sync_method_gets_a_session(dsn: str, db: Database) -> None:
    with orm.engine(dsn) as engine:
        idem = Idempotency(pool=engine, principal=tenant)

        @money_moving
        def transfers(self: Any, request: Any, context: Any, session: Any = idem.lent_session) -> Any:
            session.add(orm.Entry(amount=request.amount))
            return pb2.Reply()

        first, again = asked(idem, "sync", transfers, times=2)
    assert (first.code, again.replayed, ledger(db)) == ("OK", True, [5])


def test_an_async_method_gets_a_session(dsn: str, db: Database) -> None:
    engine = orm.async_engine(dsn)
    idem = Idempotency(pool=engine, principal=tenant)

    @money_moving
    async def transfers(self: Any, request: Any, context: Any) -> Any:
        session = await idem.session()
        session.add(orm.Entry(amount=request.amount))
        return pb2.Reply()

    closed = idem.aclose

    async def close() -> None:
        await closed()
        await engine.dispose()

    idem.aclose = close  # type: ignore[method-assign]
    first, again = asked(idem, "aio", transfers, times=2)
    assert (first.code, again.replayed, ledger(db)) == ("OK", True, [5])


@pytest.mark.parametrize("kind", KINDS)
def test_a_method_may_write_the_ledger_and_ask_for_its_attempt(dsn: str, db: Database, kind: str) -> None:
    idem, committed = Idempotency(dsn, principal=tenant), []

    @ledger_write
    def book() -> None:
        current_attempt().after_commit(lambda: committed.append(ledger(db)))

    def says(context: Any) -> Any:
        book()
        return pb2.Reply()

    first, _ = asked(idem, kind, money_moving(connection="inside")(made(idem, kind, says)), times=2)
    assert (first.code, committed) == ("OK", [[5]])


# What stands between the server and the mark


def around(kind: str, before: Any) -> Any:
    """A decorator that may answer in the place of the marked method."""

    def decorate(method: Any) -> Any:
        @functools.wraps(method)
        def called(self: Any, request: Any, context: Any) -> Any:
            return before(context) or method(self, request, context)

        @functools.wraps(method)
        async def called_async(self: Any, request: Any, context: Any) -> Any:
            said = before(context)
            said = await said if hasattr(said, "__await__") else said
            return said or await method(self, request, context)

        return called_async if kind == "aio" else called

    return decorate


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(
    ("before", "code", "problem"),
    [
        (lambda context: pb2.Reply(id=3), "OK", None),
        (lambda context: context.abort(grpc.StatusCode.PERMISSION_DENIED, "no"), "PERMISSION_DENIED", None),
        (lambda context: context.abort(grpc.StatusCode.OK, "?"), "INTERNAL", "raised_success"),
    ],
)
def test_what_is_answered_before_the_mark_is_not_recorded(
    dsn: str, db: Database, kind: str, before: Any, code: str, problem: str | None
) -> None:
    idem = Idempotency(dsn, principal=tenant)
    method = around(kind, before)(money_moving(made(idem, kind)))
    first, again = asked(idem, kind, method, times=2)
    assert (first.code, first.problem, again.code, again.replayed) == (code, problem, code, False)
    assert (ledger(db), records(db)) == ([], 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_decorator_that_swallows_a_refusal_does_not_change_it(dsn: str, db: Database, kind: str) -> None:
    idem = Idempotency(dsn, principal=tenant)
    marked = money_moving(made(idem, kind))

    @functools.wraps(marked)
    def called(self: Any, request: Any, context: Any) -> Any:
        try:
            return marked(self, request, context)
        except Exception:
            return pb2.Reply(id=99)

    @functools.wraps(marked)
    async def called_async(self: Any, request: Any, context: Any) -> Any:
        try:
            return await marked(self, request, context)
        except Exception:
            return pb2.Reply(id=99)

    (answer,) = asked(idem, kind, called_async if kind == "aio" else called)
    assert (answer.code, answer.problem) == ("INVALID_ARGUMENT", "key_missing")


@pytest.mark.parametrize("kind", BOTH)
def test_a_method_can_be_admitted_before_what_its_decorators_check(dsn: str, db: Database, kind: str) -> None:
    idem = Idempotency(dsn, principal=tenant)
    seen: list[str] = []

    def before(context: Any) -> Any:
        if kind == "sync":
            return idem.sync_admitted() or check()

        async def admitted() -> Any:
            await idem.admitted()
            return check()

        return admitted()

    def check() -> None:
        seen.append("checked")

    method = around(kind, before)(money_moving(made(idem, kind)))
    first, again = asked(idem, kind, method, times=2)
    assert (first.code, again.replayed, seen, ledger(db)) == ("OK", True, ["checked"], [5])


@pytest.mark.parametrize("kind", BOTH)
def test_a_configuration_that_is_found_wrong_at_a_call_is_an_internal_error(
    dsn: str, db: Database, kind: str
) -> None:
    def nobody(context: Any) -> Any:
        raise ConfigurationError("secret")

    idem = Idempotency(dsn, principal=nobody)
    first, _ = asked(idem, kind, money_moving(made(idem, kind)), times=2)
    assert (first.code, first.details[:17], records(db)) == ("INTERNAL", "The method failed", 0)
