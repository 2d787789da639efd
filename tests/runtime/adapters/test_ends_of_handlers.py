"""How handlers end that the protocol has to tell apart: successes that are raised, errors that hide others, callbacks."""

import asyncio
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import psycopg
import pytest
from fastapi import Depends, FastAPI, HTTPException
from flask import Flask, abort, redirect
from starlette.responses import JSONResponse

from idem_runtime import (
    ConfigurationError,
    Idempotency,
    NotExecuted,
    OutcomeUnknown,
    Response,
    TransactionBroken,
    current_attempt,
    money_moving,
)
from idem_runtime.execution.current import Restoring, current
from idem_runtime.model import Again
from idem_runtime.protocol import local_effect
from tests.runtime import orm
from tests.runtime.adapters.asking import INSERT, Database, asked, finished, tenant
from tests.runtime.adapters.contract import code, ledger, records
from tests.runtime.calls import Job, entry_mark, mark


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    idem = Idempotency(dsn, principal=tenant)
    yield idem
    idem.close()


@pytest.fixture
def app(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)
    return app


class Done(Exception):
    pass


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("colour", ["async", "sync"])
@pytest.mark.parametrize(
    "raised", [HTTPException(303, headers={"location": "/t/1"}), HTTPException(201), Done()]
)
def test_a_success_that_is_raised_is_refused_undone_and_its_key_is_free(
    dsn: str, db: Database, colour: str, raised: Exception, strict: bool
) -> None:
    idem, app = Idempotency(dsn, principal=tenant, strict=strict), FastAPI()
    idem.install(app)
    app.add_exception_handler(Done, lambda request, error: JSONResponse({"done": True}))

    @app.post("/async")
    @money_moving
    async def a(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (5,))
        raise raised

    @app.post("/sync")
    @money_moving
    def s(db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        db.execute(INSERT, (5,))
        raise raised

    answers = asked(idem, app, {"path": f"/{colour}"}, {"path": f"/{colour}"})
    assert [(answer.status_code, code(answer)) for answer in answers] == [(500, "raised_success")] * 2
    assert (ledger(db), records(db)) == ([], 0)


def test_a_redirect_that_a_flask_view_aborts_with_is_refused_and_undone(
    idem: Idempotency, db: Database
) -> None:
    web = Flask("web")
    idem.init_app(web)

    @web.post("/t")
    @money_moving
    def view() -> None:
        idem.sync_connection().execute(INSERT, (5,))
        abort(redirect("/done"))

    headers = {"x-tenant": "alice", "idempotency-key": "k"}
    answers = [web.test_client().post("/t", headers=headers) for _ in range(2)]
    assert [answer.get_json()["code"] for answer in answers] == ["raised_success"] * 2
    assert (ledger(db), records(db)) == ([], 0)


def test_a_raised_redirect_of_an_external_handler_is_its_answer(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    @app.post("/t")
    @money_moving(effect="external")
    async def t() -> None:
        raise HTTPException(303, headers={"location": "/paid/1"})

    first, again = asked(idem, app, {}, {})
    assert (first.status_code, again.status_code) == (303, 303)
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("effect", ["local", "external"])
@pytest.mark.parametrize("status", [425, 429])
@pytest.mark.parametrize("way", ["returned", "raised"])
def test_an_answer_that_is_not_to_be_kept_and_was_given_cleanly_frees_the_key(
    app: FastAPI, idem: Idempotency, db: Database, way: str, status: int, effect: Any
) -> None:
    calls: list[int] = []

    @app.post("/t")
    @money_moving(effect=effect)
    async def t(db: Annotated[Any, Depends(idem.connection)]) -> Any:
        await db.execute(INSERT, (5,))
        calls.append(1)
        if len(calls) > 1:
            return {"paid": True}
        if way == "raised":
            raise HTTPException(status)
        return JSONResponse({}, status)

    first, again = asked(idem, app, {}, {})
    assert (first.status_code, again.json(), calls) == (status, {"paid": True}, [1, 1])


@pytest.mark.parametrize("colour", ["async", "sync"])
def test_what_record_does_not_keep_of_an_external_handler_frees_the_key(
    app: FastAPI, idem: Idempotency, db: Database, colour: str
) -> None:
    calls: list[int] = []
    keep_successes = money_moving(effect="external", record=lambda status: status < 400)

    def pay() -> JSONResponse:
        calls.append(1)
        return JSONResponse({}, 402 if len(calls) < 3 else 201)

    @app.post("/async")
    @keep_successes
    async def a() -> JSONResponse:
        return pay()

    @app.post("/sync")
    @keep_successes
    def s() -> JSONResponse:
        return pay()

    answers = asked(idem, app, *[{"path": f"/{colour}"}] * 4)
    assert [answer.status_code for answer in answers] == [402, 402, 201, 201]
    assert len(calls) == 3


TRIGGER = """
CREATE OR REPLACE FUNCTION no_nested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF new.scope LIKE '%entry' THEN RAISE EXCEPTION 'not here'; END IF; RETURN new; END $$;
DROP TRIGGER IF EXISTS no_nested ON idempotency_records;
CREATE TRIGGER no_nested BEFORE INSERT ON idempotency_records FOR EACH ROW EXECUTE FUNCTION no_nested()
"""


@pytest.fixture
def nothing_nested(db: Database) -> Iterator[None]:
    """The store takes no record of a nested call."""
    db.execute(TRIGGER)
    yield
    db.execute("DROP TRIGGER no_nested ON idempotency_records")


@pytest.mark.usefixtures("nothing_nested")
def test_a_nested_call_whose_record_cannot_be_stored_is_an_error_and_hangs_nobody(
    idem: Idempotency, db: Database
) -> None:
    idem.install()

    @entry_mark()
    def entry(name: str, db: Any = idem.lent) -> None:
        db.execute(INSERT, (1,))

    @entry_mark()
    async def aentry(name: str, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (1,))

    @mark("sync", connection="inside")
    def pay(job: Job) -> None:
        entry("a")

    @mark("async", connection="inside")
    async def apay(job: Job) -> None:
        await aentry("a")

    async def main() -> None:
        with pytest.raises(psycopg.errors.RaiseException):
            await apay(Job())

    with pytest.raises(psycopg.errors.RaiseException):
        pay(Job())
    finished(idem, main)
    assert (ledger(db), records(db)) == ([], 0)


def test_exceptions_that_are_each_others_cause_are_looked_at_once(idem: Idempotency, db: Database) -> None:
    idem.install()

    @mark()
    def pay(job: Job, db: Any = idem.lent) -> None:
        error, other = ValueError(), KeyError()
        error.__cause__, other.__cause__, other.__context__ = other, error, error
        raise error

    with pytest.raises(ValueError):
        pay(Job())


@pytest.mark.parametrize("colour", ["async", "sync"])
def test_a_connection_that_is_cut_in_a_flush_says_that_the_store_is_away(
    dsn: str, db: Database, colour: str
) -> None:
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO ledger%' AND state = 'active' AND datname = current_database()"

    async def cutting() -> None:
        while not db.execute(cut).fetchall():  # noqa: ASYNC110 - the server knows no event
            await asyncio.sleep(0.01)

    with orm.engine(dsn) as engine:
        idem, app = Idempotency(pool=(engine, orm.async_engine(dsn)), principal=tenant), FastAPI()
        idem.install(app)

        @app.post("/async")
        @money_moving
        async def a(session: Annotated[Any, Depends(idem.session)]) -> None:
            await orm.write_async(session, 5)

        @app.post("/sync")
        @money_moving
        def s(session: Annotated[Any, Depends(idem.sync_session)]) -> None:
            orm.write(session, 5)

        async def main() -> Any:
            from tests.runtime.adapters.asking import post

            with psycopg.connect(dsn) as blocking:
                blocking.execute("LOCK TABLE ledger IN SHARE MODE")
                answer = asyncio.create_task(post(app, f"/{colour}"))
                await cutting()
                return await answer

        answer = finished(idem, main)
    assert (answer.status_code, code(answer)) == (503, "store_unavailable")
    assert (ledger(db), records(db)) == ([], 0)


@pytest.mark.parametrize("colour", ["async", "sync"])
def test_a_reconcile_that_fails_leaves_the_outcome_unknown_and_is_logged(
    app: FastAPI, idem: Idempotency, db: Database, colour: str, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Any] = [ConnectionError("provider down"), Response(201, (), b'"told"')]

    def tell(attempt: Any) -> Any:
        answer = told.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def atell(attempt: Any) -> Any:
        return tell(attempt)

    @app.post("/async")
    @money_moving(effect="external", reconcile=atell)
    async def a() -> None:
        raise TimeoutError

    @app.post("/sync")
    @money_moving(effect="external", reconcile=tell)
    def s() -> None:
        raise TimeoutError

    first, unknown, answered = asked(idem, app, *[{"path": f"/{colour}"}] * 3)
    assert (first.status_code, code(unknown), answered.json()) == (500, "outcome_unknown", "told")
    assert "stays unknown: reconcile= raised" in caplog.text
    assert "provider down" in caplog.text


def test_a_callback_is_called_once_after_the_commit_and_not_on_a_replay(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    seen: list[tuple[str, list[int]]] = []

    def queue(name: str) -> Callable[[], None]:
        return lambda: seen.append((name, ledger(db)))

    async def awaited() -> None:
        seen.append(("awaited", ledger(db)))

    @app.post("/async")
    @money_moving
    async def a(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (1,))
        current_attempt().after_commit(queue("async"))
        current_attempt().after_commit(awaited)

    @app.post("/sync")
    @money_moving
    def s(db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        db.execute(INSERT, (2,))
        current_attempt().after_commit(queue("sync"))

    @app.post("/external")
    @money_moving(effect="external")
    def e() -> None:
        current_attempt().after_commit(queue("external"))

    paths = ["/async", "/sync", "/external"]
    asked(idem, app, *({"path": path} for path in paths for _ in "12"))
    assert seen == [("async", [1]), ("awaited", [1]), ("sync", [1, 2]), ("external", [1, 2])]


def test_a_callback_of_what_was_undone_is_not_called(idem: Idempotency, db: Database) -> None:
    idem.install()
    seen: list[str] = []

    @mark("sync")
    def pay(job: Job, db: Any = idem.lent) -> None:
        db.execute(INSERT, (1,))
        current_attempt().after_commit(lambda: seen.append("sync"))
        raise ValueError

    @mark("async")
    async def apay(job: Job, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (1,))
        current_attempt().after_commit(lambda: seen.append("async"))
        raise ValueError

    async def main() -> None:
        with pytest.raises(ValueError):
            await apay(Job())

    with pytest.raises(ValueError):
        pay(Job())
    finished(idem, main)
    assert seen == []


def test_a_callback_of_a_run_that_lost_a_conflict_is_not_called(idem: Idempotency, db: Database) -> None:
    idem.install()
    seen: list[int] = []
    rounds: list[int] = []

    @mark()
    def pay(job: Job, db: Any = idem.lent) -> None:
        db.execute(INSERT, (1,))
        rounds.append(1)
        current_attempt().after_commit(lambda: seen.append(len(rounds)))
        if len(rounds) == 1:
            raise psycopg.errors.SerializationFailure

    pay(Job())
    assert seen == [2]


def test_a_callback_of_a_nested_call_that_was_undone_is_not_called(idem: Idempotency, db: Database) -> None:
    idem.install()
    seen: list[str] = []

    @entry_mark()
    def entry(name: str, db: Any = idem.lent) -> None:
        current_attempt().after_commit(lambda: seen.append("nested"))
        raise ValueError

    @entry_mark()
    async def aentry(name: str, db: Any = idem.lent) -> None:
        current_attempt().after_commit(lambda: seen.append("nested"))
        raise ValueError

    @mark("sync")
    def pay(job: Job, db: Any = idem.lent) -> None:
        db.execute(INSERT, (1,))
        current_attempt().after_commit(lambda: seen.append("sync"))
        with pytest.raises(ValueError):
            entry("a")

    @mark("async")
    async def apay(job: Job, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (1,))
        current_attempt().after_commit(lambda: seen.append("async"))
        with pytest.raises(ValueError):
            await aentry("a")

    async def main() -> None:
        await apay(Job())

    pay(Job())
    finished(idem, main)
    assert seen == ["sync", "async"]


def test_a_callback_that_fails_is_logged_and_undoes_nothing(
    idem: Idempotency, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    idem.install()
    seen: list[int] = []

    def fail() -> None:
        raise ValueError("queue down")

    @mark("sync")
    def pay(job: Job, db: Any = idem.lent) -> int:
        db.execute(INSERT, (1,))
        current_attempt().after_commit(fail)
        current_attempt().after_commit(lambda: seen.append(1))
        return 1

    @mark("async")
    async def apay(job: Job, db: Any = idem.lent) -> int:
        await db.execute(INSERT, (2,))
        current_attempt().after_commit(fail)
        current_attempt().after_commit(lambda: seen.append(2))
        return 2

    async def main() -> int:
        return int(await apay(Job()))

    assert (pay(Job()), finished(idem, main)) == (1, 2)
    assert (ledger(db), seen) == ([1, 2], [1, 2])
    assert caplog.text.count("is committed, but after_commit raised") == 2
    assert "queue down" in caplog.text


def test_a_coroutine_function_is_no_callback_of_a_def_handler(idem: Idempotency, db: Database) -> None:
    idem.install()

    async def later() -> None: ...

    @mark()
    def pay(job: Job, db: Any = idem.lent) -> None:
        current_attempt().after_commit(later)

    with pytest.raises(ConfigurationError, match="needs an async handler"):
        pay(Job())


@pytest.mark.filterwarnings("default::RuntimeWarning")
def test_a_success_that_wrote_nothing_is_one_warning_that_points_at_the_handler(
    app: FastAPI, idem: Idempotency, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    @app.post("/pay")
    @money_moving
    async def pay(db: Annotated[Any, Depends(idem.connection)]) -> None: ...

    caplog.set_level(logging.WARNING, "idem_runtime")
    with warnings.catch_warnings(record=True) as shown:
        asked(idem, app, {"path": "/pay"})
    (logged,) = [record.getMessage() for record in caplog.records if record.name == "idem_runtime"]
    line = pay.__wrapped__.__code__.co_firstlineno  # type: ignore[attr-defined]
    assert "POST /pay" in logged and f"{__file__}:{line}" in logged and "pay" in logged
    (warning,) = [each for each in shown if each.category is RuntimeWarning]
    assert (warning.filename, warning.lineno) == (__file__, line)


def test_a_handlers_own_division_by_zero_at_the_commit_is_its_own_also_where_strict(
    dsn: str, db: Database
) -> None:
    db.execute(
        "CREATE OR REPLACE FUNCTION zero() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 / (new.amount - 5);"
        " RETURN null; END $$"
    )
    db.execute(
        "CREATE CONSTRAINT TRIGGER zero AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION zero()"
    )
    idem = Idempotency(dsn, strict=True)
    idem.install()

    @mark()
    def pay(job: Job, db: Any = idem.lent) -> None:
        db.execute(INSERT, (job.amount,))

    try:
        with pytest.raises(psycopg.errors.DivisionByZero):
            pay(Job(amount=5))
        assert (ledger(db), records(db)) == ([], 0)
        pay(Job(amount=6))
    finally:
        db.execute("DROP TRIGGER zero ON ledger")
        idem.close()
    assert (ledger(db), records(db)) == ([6], 1)


@pytest.mark.parametrize("expired", [False, True])
def test_where_strict_a_success_that_wrote_elsewhere_is_never_executed_again(
    dsn: str, db: Database, expired: bool
) -> None:
    idem = Idempotency(dsn, strict=True)
    idem.install()
    calls: list[int] = []

    @mark()
    def pay(job: Job, db: Any = idem.lent) -> None:
        calls.append(1)

    @mark()
    def paid(job: Job, db: Any = idem.lent) -> None:
        db.execute(INSERT, (job.amount,))

    if expired:
        paid(Job())
        db.execute("UPDATE idempotency_records SET expiry_time = now() - interval '1 minute'")
    with pytest.raises(TransactionBroken, match="wrote nothing"):
        pay(Job())
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            pay(Job())
    assert (calls, records(db)) == ([1], 1)
    idem.close()


def test_where_strict_a_success_that_wrote_is_recorded_without_a_warning(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, strict=True)
    idem.install()

    @mark()
    def pay(job: Job, db: Any = idem.lent) -> int:
        db.execute(INSERT, (job.amount,))
        return 1

    assert (pay(Job()), pay(Job())) == (1, 1)
    db.execute("UPDATE idempotency_records SET expiry_time = now() - interval '1 minute'")
    assert (pay(Job()), pay(Job())) == (1, 1)
    assert (ledger(db), records(db)) == ([5, 5], 1)
    idem.close()


def test_an_expired_record_does_not_hide_that_a_handler_ended_its_transaction(
    idem: Idempotency, db: Database
) -> None:
    idem.install()

    @mark()
    def pay(job: Job, db: Any = idem.lent) -> None:
        db.execute(INSERT, (job.amount,))
        if job.amount == 6:
            db.execute("COMMIT")

    pay(Job())
    db.execute("UPDATE idempotency_records SET expiry_time = now() - interval '1 minute'")
    with pytest.raises(TransactionBroken):
        pay(Job(amount=6))
    with pytest.raises(OutcomeUnknown):
        pay(Job(amount=6))
    assert ledger(db) == [5, 6]


def test_who_raises_not_executed_in_a_chain_that_is_a_circle_is_understood(
    idem: Idempotency, db: Database
) -> None:
    idem.install()

    @mark(effect="external")
    def pay(job: Job) -> None:
        first, second = ValueError(), KeyError()
        first.__cause__, second.__cause__ = second, first
        raise first

    @mark("said", effect="external")
    def said(job: Job) -> None:
        raise ValueError from NotExecuted()

    with pytest.raises(ValueError):
        pay(Job())
    with pytest.raises(ValueError):
        said(Job())
    assert records(db) == 1


SAID = [
    (psycopg.errors.IdleInTransactionSessionTimeout, "handler_timeout"),
    (psycopg.errors.ReadOnlySqlTransaction, "store_unavailable"),
    (psycopg.errors.AdminShutdown, "store_unavailable"),
]


@pytest.mark.parametrize("colour", ["async", "sync"])
@pytest.mark.parametrize(("said", "answered"), SAID)
def test_what_the_server_says_to_the_handler_of_itself_is_the_answer(
    app: FastAPI, idem: Idempotency, db: Database, colour: str, said: type[Exception], answered: str
) -> None:
    @app.post("/async")
    @money_moving
    async def a(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (5,))
        raise said

    @app.post("/sync")
    @money_moving
    def s(db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        db.execute(INSERT, (5,))
        raise said

    (answer,) = asked(idem, app, {"path": f"/{colour}"})
    assert (answer.status_code, code(answer), answer.headers["retry-after"]) == (503, answered, "1")
    assert (ledger(db), records(db)) == ([], 0)


def test_what_a_flask_view_keeps_of_what_it_was_lent_is_of_no_use_later(
    idem: Idempotency, db: Database
) -> None:
    web, kept = Flask("web"), list[Any]()
    idem.init_app(web)

    @web.post("/unused")
    def unused() -> str:
        kept.append(idem.sync_connection())
        return "kept"

    @web.post("/async")
    async def asynchronous() -> str:
        with pytest.raises(ConfigurationError, match=r"use idem\.sync_connection"):
            await idem.connection()
        return "told"

    assert web.test_client().post("/unused").text == "kept"
    with pytest.raises(ConfigurationError, match="the response is sealed"):
        kept[0].execute("SELECT 1")
    assert web.test_client().post("/async").text == "told"
    assert ledger(db) == []


@pytest.mark.parametrize("effect", ["local", "external"])
def test_an_async_flask_view_that_raises_undoes_what_it_wrote(
    idem: Idempotency, db: Database, effect: Any
) -> None:
    web = Flask("web")
    idem.init_app(web)

    @web.post("/t")
    @money_moving(effect=effect)
    async def view() -> None:
        idem.sync_connection().execute(INSERT, (5,))
        abort(403)

    headers = {"x-tenant": "alice", "idempotency-key": "k"}
    answers = [web.test_client().post("/t", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert (ledger(db), records(db)) == ([], 1)


def test_an_external_flask_view_that_left_its_transaction_failed_is_unknown_and_says_so(
    idem: Idempotency, db: Database
) -> None:
    web = Flask("web")
    idem.init_app(web)

    @web.post("/t")
    @money_moving(effect="external")
    def view() -> str:
        with pytest.raises(psycopg.errors.DivisionByZero):
            idem.sync_connection().execute("SELECT 1 / 0")
        return "paid"

    headers = {"x-tenant": "alice", "idempotency-key": "k"}
    answers = [web.test_client().post("/t", headers=headers).get_json() for _ in range(2)]
    assert [answer["code"] for answer in answers] == ["transaction_broken", "outcome_unknown"]


@pytest.mark.parametrize("where", ["before", "view"])
def test_what_a_session_of_the_applications_own_commits_in_a_flask_view_is_undone_with_it(
    dsn: str, db: Database, where: str
) -> None:
    with orm.engine(dsn) as engine:
        idem, web = Idempotency(pool=engine, principal=tenant), Flask("web")
        idem.init_app(web)

        def commit() -> None:
            with orm.Session(engine) as own:
                own.add(orm.Entry(amount=7))
                own.commit()

        @web.before_request
        def before() -> None:
            if where == "before":
                commit()

        @web.post("/t")
        @money_moving
        def view() -> str:
            orm.write(idem.sync_session(), 5)
            if where == "view":
                commit()
            raise RuntimeError

        @web.post("/free")
        def free() -> str:
            if where == "view":
                commit()
            return "free"

        headers = {"x-tenant": "alice", "idempotency-key": "k"}
        assert web.test_client().post("/t", headers=headers).status_code == 500
        assert (ledger(db), records(db)) == ([], 0)
        assert web.test_client().post("/free", headers=headers).text == "free"
        idem.close()
    assert (ledger(db), records(db)) == ([7], 0)


def test_a_context_is_put_back_as_it_was() -> None:
    context, before = Restoring(), current.get()
    current.set(object())
    context.restore()
    assert current.get() is before


@pytest.mark.parametrize("colour", ["async", "sync"])
def test_a_callback_of_a_nested_call_that_lost_its_race_is_not_called(
    idem: Idempotency, db: Database, monkeypatch: pytest.MonkeyPatch, colour: str
) -> None:
    idem.install()
    real, left, seen = local_effect.seal_nested, [1], list[int]()

    def seal_nested(*args: Any, **options: Any) -> Any:
        if left:
            left.pop()
            return Again()
        return (yield from real(*args, **options))

    monkeypatch.setattr(local_effect, "seal_nested", seal_nested)

    @entry_mark()
    def entry(name: str, db: Any = idem.lent) -> None:
        db.execute(INSERT, (1,))
        current_attempt().after_commit(lambda: seen.append(len(left)))

    @entry_mark()
    async def aentry(name: str, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (1,))
        current_attempt().after_commit(lambda: seen.append(len(left)))

    @mark("sync", connection="inside")
    def pay(job: Job) -> None:
        entry("a")

    @mark("async", connection="inside")
    async def apay(job: Job) -> None:
        await aentry("a")

    async def main() -> None:
        await apay(Job())

    pay(Job()) if colour == "sync" else finished(idem, main)
    assert (ledger(db), seen) == ([1], [0])
