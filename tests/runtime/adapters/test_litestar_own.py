"""What is Litestar's own: layers, guards, dependencies, exception handlers, background tasks, start and end."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import psycopg
import pytest
from litestar import Controller, Litestar, Request, Response, Router, asgi, get, post, route
from litestar.background_tasks import BackgroundTask
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException, LitestarException, NotAuthorizedException
from litestar.middleware import ASGIMiddleware
from litestar.testing import TestClient
from pydantic import BaseModel
from starlette.applications import Starlette

from idem_runtime import ConfigurationError, Idempotency, current_attempt, money_moving, not_money_moving
from idem_runtime.errors import StoreUnavailable
from tests.runtime import orm
from tests.runtime.adapters import asking
from tests.runtime.adapters.asking import INSERT, finished, operations, tenant
from tests.runtime.adapters.contract import code, ledger, records
from tests.runtime.adapters.litestar_names import FromPath, JSONBody, NamedDependency, RawBody

Database = psycopg.Connection[Any]
Db = NamedDependency[Any]
Posts = Callable[..., list[httpx.Response]]


class Transfer(BaseModel):
    amount: int = 5


Sent = JSONBody[Transfer]


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant, cap=1000, body_cap=2000)


@pytest.fixture
def pay(idem: Idempotency) -> Callable[[], Awaitable[None]]:
    async def pay() -> None:
        await (await idem.connection()).execute(INSERT, (5,))

    return pay


@pytest.fixture
def posts(idem: Idempotency) -> Posts:
    def run(app: Any, *calls: dict[str, Any]) -> list[httpx.Response]:
        return asking.asked(idem, app, *calls)

    return run


def served(idem: Idempotency, *handlers: Any, **more: Any) -> Litestar:
    app = Litestar(list(handlers), logging_config=None, **more)
    idem.install(app)
    return app


def replayed(answers: list[httpx.Response]) -> list[bool]:
    return ["idempotent-replayed" in answer.headers for answer in answers]


# What answers


class Declined(Exception):
    """The domain's own."""


def declined(request: Request[Any, Any, Any], error: Declined) -> Response[dict[str, str]]:
    return Response({"error": str(error)}, status_code=402)


@pytest.mark.parametrize("layers", ["none", "middleware"])
def test_what_an_exception_handler_answers_is_recorded(
    idem: Idempotency, db: Database, pay: Any, posts: Posts, layers: str
) -> None:
    runs: list[int] = []

    @post("/t")
    @money_moving
    async def t() -> None:
        await pay()
        runs.append(1)
        raise Declined("insufficient")

    more = {"compression_config": CompressionConfig("gzip")} if layers == "middleware" else {}
    answers = posts(served(idem, t, exception_handlers={Declined: declined}, **more), {}, {})
    assert [(each.status_code, each.json()) for each in answers] == [(402, {"error": "insufficient"})] * 2
    assert (replayed(answers), runs) == ([False, True], [1])
    assert ledger(db) == []


def test_middleware_of_all_layers_and_compression_stay_outside(
    idem: Idempotency, db: Database, pay: Any, posts: Posts
) -> None:
    seen: list[tuple[str, list[int]]] = []

    def layer(name: str) -> ASGIMiddleware:
        class Layer(ASGIMiddleware):
            async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
                async def noting(message: Any) -> None:
                    if message["type"] == "http.response.start":
                        seen.append((name, ledger(db)))
                    await send(message)

                await next_app(scope, receive, noting)

        return Layer()

    @post("/t", middleware=[layer("handler")])
    @money_moving
    async def t() -> str:
        await pay()
        return "x" * 900

    inner = Router("/inner", route_handlers=[t], middleware=[layer("router")])
    compressed = CompressionConfig("gzip", minimum_size=10)
    app = served(idem, inner, middleware=[layer("application")], compression_config=compressed)
    answers = posts(app, {"path": "/inner/t"}, {"path": "/inner/t"})
    assert [each.headers["content-encoding"] for each in answers] == ["gzip", "gzip"]
    assert [each.text for each in answers] == ["x" * 900] * 2
    assert seen == [(name, [5]) for name in ("handler", "router", "application")] * 2


async def silent(error: Exception, scope: Any) -> None:
    raise AssertionError(error)


def test_what_is_ours_is_none_of_the_applications_exceptions(
    idem: Idempotency, db: Database, pay: Any, posts: Posts
) -> None:
    @money_moving(operation="inner", connection="inside")
    async def inner() -> None: ...

    @post("/calls")
    @money_moving
    async def calls() -> None:
        await pay()
        await inner()

    @post("/t")
    @money_moving
    async def t() -> int:
        await pay()
        return 1

    app = served(idem, calls, t, after_exception=[silent])
    answers = posts(app, {"path": "/calls"}, {"key": None}, {}, {"json": {"amount": 6}})
    assert [each.status_code for each in answers] == [500, 400, 201, 409]
    assert [code(answers[number]) for number in (0, 1, 3)] == ["not_installed", "key_missing", "key_reused"]
    assert ledger(db) == [5]


@pytest.mark.parametrize("mark", [money_moving(connection="inside"), not_money_moving(reason="tells")])
def test_an_answer_that_is_ours_stays_where_the_application_has_answered(
    idem: Idempotency, db: Database, posts: Posts, mark: Any
) -> None:
    """In a background task nothing can be answered instead any more: the server is told."""

    async def late() -> None:
        raise StoreUnavailable

    @post("/t", status_code=201)
    @mark
    async def t() -> Response[str]:
        return Response("done", background=BackgroundTask(late))

    app = served(idem, t)
    assert posts(app, {"key": "another"})[0].text == "done"
    with pytest.raises(LitestarException):
        finished(idem, lambda: asking.post(app, raises=True))


# What stands before a handler


async def authenticated(connection: Any, handler: Any) -> None:
    if "x-tenant" not in connection.headers:
        raise NotAuthorizedException


def test_guards_and_dependencies_come_before_the_admission_or_after_it(
    idem: Idempotency, db: Database, pay: Any, posts: Posts
) -> None:
    open_: list[bool] = [True]

    async def admitted(connection: Any, handler: Any) -> None:
        await idem.admitted()

    async def still_open() -> bool:
        if not open_[0]:
            raise HTTPException("closed", status_code=403)
        return True

    @post("/early", guards=[authenticated, admitted], dependencies={"is_open": Provide(still_open)})
    @money_moving
    async def early(is_open: NamedDependency[bool], data: Sent) -> int:
        await pay()
        return 1

    @post("/late", guards=[authenticated], dependencies={"is_open": Provide(still_open)})
    @money_moving
    async def late(is_open: NamedDependency[bool]) -> int:
        await pay()
        return 1

    app = served(idem, early, late)

    async def main() -> list[httpx.Response]:
        first = [await asking.post(app, path) for path in ("/early", "/late")]
        open_[0] = False
        return [*first, *[await asking.post(app, path) for path in ("/early", "/late")]]

    answers: list[httpx.Response] = finished(idem, main)
    assert [each.status_code for each in answers] == [201, 201, 201, 403]
    assert replayed(answers) == [False, False, True, False]
    assert ledger(db) == [5, 5]


def test_a_generator_and_a_shared_connection_join_the_transaction(
    idem: Idempotency, db: Database, posts: Posts
) -> None:
    async def audited(db: Db) -> AsyncIterator[int]:
        await db.execute(INSERT, (1,))
        yield 1
        await db.execute(INSERT, (2,))

    @post("/t", dependencies={"audit": Provide(audited)})
    @money_moving
    async def t(audit: NamedDependency[int], db: Db, data: Sent) -> int:
        await db.execute(INSERT, (data.amount,))
        return audit

    app = served(idem, t, dependencies={"db": Provide(idem.connection)})
    assert replayed(posts(app, {}, {})) == [False, True]
    assert ledger(db) == [1, 5, 2]


def test_a_session_takes_the_place_of_the_one_that_the_application_has(dsn: str, db: Database) -> None:
    """As ``db_session`` of the SQLAlchemy plugin, which the application provides for all its handlers."""

    async def own() -> None:
        raise AssertionError

    async def main() -> list[httpx.Response]:
        engine = orm.create_async_engine(orm.url(dsn))
        idem = Idempotency(pool=engine, principal=tenant)

        @post("/t")
        @money_moving
        async def t(db_session: Db, data: Sent) -> int:
            db_session.add(orm.Entry(amount=data.amount))
            return 1

        wallet = Router("/wallet", route_handlers=[t], dependencies={"db_session": Provide(idem.session)})
        app = served(idem, wallet, dependencies={"db_session": Provide(own)})
        answers = [await asking.post(app, "/wallet/t") for _ in range(2)]
        await idem.aclose()
        await engine.dispose()
        return answers

    assert replayed(asyncio.run(main())) == [False, True]
    assert ledger(db) == [5]


# Background tasks


@pytest.mark.parametrize("where", ["decorator", "response"])
def test_background_tasks_run_once_after_the_commit(
    idem: Idempotency, db: Database, pay: Any, posts: Posts, where: str
) -> None:
    seen: list[Any] = []
    task = BackgroundTask(lambda: seen.append(ledger(db)))

    @post("/t", background=task if where == "decorator" else None)
    @money_moving
    async def t(data: Sent) -> Response[int]:
        await pay()
        current_attempt().after_commit(lambda: seen.append("committed"))
        if data.amount == 6:
            await (await idem.connection()).execute("COMMIT")
        return Response(1, background=task if where == "response" else None)

    failed, first, again = posts(served(idem, t), {"json": {"amount": 6}}, {"key": "o"}, {"key": "o"})
    assert (code(failed), first.status_code, again.status_code) == ("transaction_broken", 201, 201)
    assert seen == ["committed", [5, 5]]


# The request


class Conflict:
    def __init__(self, times: int = 1) -> None:
        self.left = times
        self.runs: list[Any] = []

    def __call__(self, seen: Any) -> None:
        self.runs.append(seen)
        if self.left:
            self.left -= 1
            raise psycopg.errors.SerializationFailure


@pytest.mark.parametrize(("times", "status"), [(1, 201), (100, 503)])
@pytest.mark.parametrize("threaded", [False, True])
def test_a_conflict_sends_the_same_request_through_again(
    idem: Idempotency, db: Database, posts: Posts, times: int, status: int, threaded: bool
) -> None:
    conflict = Conflict(times)

    async def marked(request: Request[Any, Any, Any]) -> int:
        assert "seen" not in request.state
        request.state.seen = 1
        return 7

    @post("/async", dependencies={"seven": Provide(marked)})
    @money_moving
    async def a(request: Request[Any, Any, Any], seven: NamedDependency[int], data: Sent) -> int:
        await (await idem.connection()).execute(INSERT, (data.amount,))
        conflict((seven, await request.json()))
        return 1

    @post("/sync", sync_to_thread=True)
    @money_moving
    def s(request: Request[Any, Any, Any], data: Sent) -> int:
        idem.sync_connection().execute(INSERT, (data.amount,))
        conflict((7, data.amount))
        return 1

    (told,) = posts(served(idem, a, s), {"path": "/sync" if threaded else "/async"})
    assert told.status_code == status
    assert set(map(str, conflict.runs)) == {str((7, 5 if threaded else {"amount": 5}))}
    if status == 503:
        assert code(told) == "retries_exhausted"
    assert ledger(db) == ([5] if status == 201 else [])


def test_a_body_that_is_too_large_is_refused_by_the_smaller_of_two_limits(
    idem: Idempotency, db: Database, pay: Any, posts: Posts
) -> None:
    @post("/t")
    @money_moving
    async def t(body: RawBody) -> None:
        await pay()

    @post("/small", request_max_body_size=100)
    @money_moving
    async def small(body: RawBody) -> None:
        await pay()

    calls = [{"content": b"x" * 2001, "json": None}, {"path": "/small", "content": b"x" * 101, "json": None}]
    ours, theirs = posts(served(idem, t, small), *calls)
    assert (ours.status_code, code(ours)) == (413, "body_too_large")
    assert (theirs.status_code, "problem" in theirs.headers["content-type"]) == (413, False)
    assert (ledger(db), records(db)) == ([], 0)


def test_the_principal_comes_from_the_applications_own_request(dsn: str, db: Database) -> None:
    class Own(Request[Any, Any, Any]):
        @property
        def tenant(self) -> str:
            return self.headers["x-tenant"]

    async def who(request: Own) -> str:
        assert await request.json() == {"amount": 5}
        return request.tenant

    idem = Idempotency(dsn, principal=who)

    @post("/t")
    @money_moving
    async def t(data: Sent) -> None:
        await (await idem.connection()).execute(INSERT, (data.amount,))

    assert replayed(asking.asked(idem, served(idem, t, request_class=Own), {}, {})) == [False, True]
    assert ledger(db) == [5]


def test_what_an_unmarked_handler_writes_is_committed_before_its_answer(
    idem: Idempotency, db: Database, pay: Any, posts: Posts
) -> None:
    @post("/t")
    async def t(body: RawBody) -> int:
        await pay()
        return len(body)

    @post("/fails")
    async def fails() -> None:
        await pay()
        raise HTTPException(status_code=409)

    answers = posts(served(idem, t, fails), {"key": None}, {"path": "/fails"})
    assert [each.status_code for each in answers] == [201, 409]
    assert ledger(db) == [5]


# Routes


def test_controllers_routers_and_mounts_are_admitted_under_their_template(
    idem: Idempotency, db: Database, pay: Any, posts: Posts
) -> None:
    class Accounts(Controller):
        path = "/accounts/{name:str}"

        @post("/entries/{number:int}")
        @money_moving
        async def enter(self, name: FromPath[str], number: FromPath[int]) -> int:
            await pay()
            return number

    @route(["/several", "/others"], http_method=["POST", "PUT"])
    @money_moving(operation="several")
    async def several() -> None:
        await pay()

    @asgi("/mounted", is_mount=True, copy_scope=True)
    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        await Response("mounted").to_asgi_response(None, Request(scope))(scope, receive, send)

    app = served(idem, Router("/v1", route_handlers=[Accounts, several]), mounted)
    outer = Starlette()
    outer.mount("/below", app)
    path = "/v1/accounts/main/entries/7"
    answers = posts(outer, *[{"path": f"/below{path}"}] * 2, {"path": "/below/v1/others"})
    assert (replayed(answers), answers[1].json()) == ([False, True, False], 7)
    assert code(posts(app, {"path": path})[0]) == "key_reused"
    assert posts(app, {"path": "/mounted"})[0].status_code == 200
    assert operations(db) == ["POST /v1/accounts/{name}/entries/{number}", "several"]


def start(app: Litestar) -> None:
    with TestClient(app):
        pass


nowhere = Idempotency("postgresql://nowhere.invalid/", principal=tenant)


@post("/wallet/t")
async def unmarked() -> None: ...


@post("/wallet/t")
@money_moving
async def elsewhere() -> None: ...


async def own_connection() -> Any:
    return await psycopg.AsyncConnection.connect()


@post("/wallet/t", dependencies={"db": Provide(own_connection)})
@money_moving
async def own(db: Db) -> None: ...


@post("/wallet/t", sync_to_thread=False)
@money_moving
def blocking() -> None:
    nowhere.sync_connection()


@post(["/wallet/t", "/wallet/u"])
@money_moving
async def twice() -> None:
    await nowhere.connection()


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (unmarked, r"not marked .*POST /wallet/t "),
        (elsewhere, r"does not show where.*dependencies=\{.db.: Provide\(idem.connection\)\}"),
        (own, r"does not show where.*its dependency .*own_connection"),
        (blocking, "write async def.*POST /wallet/t"),
        (twice, "one marked function answers POST /wallet/[tu] and POST /wallet/[tu]"),
    ],
)
def test_what_is_wrong_is_refused_when_the_application_starts(handler: Any, says: str) -> None:
    app = Litestar([handler], logging_config=None)
    nowhere.install(app, require_marks=("wallet",))
    with pytest.raises(ExceptionGroup) as stopped:  # Litestar starts in a group of tasks
        start(app)
    (refusal,) = stopped.value.exceptions
    assert isinstance(refusal, ConfigurationError)
    assert re.search(f"(?s){says}", str(refusal))


def test_what_shows_its_connection_starts() -> None:
    @post("/wallet/async", dependencies={"db": Provide(nowhere.session)})
    @money_moving
    async def a(db: Db) -> None: ...

    @post("/wallet/sync", sync_to_thread=True)
    @money_moving
    def s(db: Db) -> None: ...

    @post("/wallet/quotes")
    @not_money_moving(reason="reads")
    async def quotes() -> None: ...

    @get("/wallet/read")
    async def read() -> None: ...

    threaded = Provide(nowhere.sync_connection, sync_to_thread=True)
    app = Litestar([a, s, quotes, read], dependencies={"db": threaded}, logging_config=None)
    nowhere.install(app, require_marks=("wallet",))
    start(app)


def test_a_route_that_is_registered_after_the_install_is_protected(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, principal=tenant)

    @post("/t")
    @money_moving
    async def t() -> None:
        await (await idem.connection()).execute(INSERT, (5,))

    app = served(idem)
    app.register(t)
    with TestClient(app) as client:
        headers = {"x-tenant": "alice", "idempotency-key": "k"}
        answers = [client.post("/t", headers=headers) for _ in range(2)]
    assert replayed(answers) == [False, True]
    assert ledger(db) == [5]


def test_a_second_install_is_refused() -> None:
    app = Litestar([unmarked], logging_config=None)
    nowhere.install(app)
    with pytest.raises(ConfigurationError, match="one is enough"):
        nowhere.install(app)
