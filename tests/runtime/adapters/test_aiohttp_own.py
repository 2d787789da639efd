"""What is aiohttp's own: middleware, views, sub-applications and domains, streams, forms, start and end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any

import psycopg
import pytest
from aiohttp import ClientSession, FormData, web
from aiohttp.test_utils import TestClient, TestServer

from idem_runtime import ConfigurationError, Idempotency, current_attempt, money_moving
from tests.runtime.adapters.asking import INSERT, PATIENCE, operations, tenant
from tests.runtime.adapters.contract import ledger, records

Database = psycopg.Connection[Any]
Ask = Callable[[ClientSession], Awaitable[Any]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(autouse=True)
def _quiet() -> None:
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant, cap=1000, body_cap=2000)


@pytest.fixture
def pay(idem: Idempotency) -> Callable[[], Awaitable[None]]:
    async def pay() -> None:
        await (await idem.connection()).execute(INSERT, (5,))

    return pay


def running(app: web.Application, ask: Callable[[TestClient[Any, Any]], Awaitable[Any]]) -> Any:
    """What ``ask`` gets of ``app`` on aiohttp's own server."""

    async def main() -> Any:
        async with TestClient(TestServer(app)) as client:
            return await asyncio.wait_for(ask(client), PATIENCE)

    return asyncio.run(main())


def start(app: web.Application) -> None:
    async def main() -> None:
        runner = web.AppRunner(app)
        try:
            await runner.setup()
        finally:
            await runner.cleanup()

    asyncio.run(main())


class Answer:
    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def replayed(self) -> bool:
        return "idempotent-replayed" in self.headers


async def post(client: TestClient[Any, Any], path: str = "/t", key: str = "k", **more: Any) -> Answer:
    headers = {"x-tenant": "alice", "idempotency-key": key, **more.pop("headers", {})}
    if "data" not in more:
        more.setdefault("json", {"amount": 5})
    async with client.post(path, headers=headers, **more) as response:
        return Answer(response.status, response.headers, await response.read())


def posted(app: web.Application, *calls: dict[str, Any]) -> list[Answer]:
    async def ask(client: TestClient[Any, Any]) -> list[Answer]:
        return [await post(client, **call) for call in calls]

    answers: list[Answer] = running(app, ask)
    return answers


def served(idem: Idempotency, handler: Any, **more: Any) -> web.Application:
    app = web.Application(**more)
    idem.install(app)
    app.router.add_post("/t", handler)
    return app


# Middleware


class Declined(Exception):
    """The domain's own."""


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Declined as error:
        return web.json_response({"error": str(error)}, status=402)
    except web.HTTPException as error:
        return web.json_response({"error": error.reason}, status=error.status)
    except Exception:
        return web.json_response({"error": "ours"}, status=500)


def test_what_a_middleware_makes_of_an_exception_is_the_answer_that_is_recorded(
    idem: Idempotency, db: Database, pay: Any
) -> None:
    runs: list[str] = []

    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await pay()
        runs.append(request.headers["idempotency-key"])
        if runs[-1] == "domain":
            raise Declined("insufficient")
        if runs[-1] == "framework":
            raise web.HTTPConflict(reason="closed")
        raise RuntimeError

    app = served(idem, handler, middlewares=[errors])
    calls = [{"key": key} for key in ("domain", "domain", "framework", "framework", "bug", "bug")]
    answers = posted(app, *calls)
    assert [(each.status, each.body) for each in answers] == [
        (402, b'{"error": "insufficient"}'),
        (402, b'{"error": "insufficient"}'),
        (409, b'{"error": "closed"}'),
        (409, b'{"error": "closed"}'),
        (500, b'{"error": "ours"}'),
        (500, b'{"error": "ours"}'),
    ]
    assert [each.replayed for each in answers] == [False, True, False, True, False, False]
    assert runs == ["domain", "framework", "bug", "bug"]
    assert (ledger(db), records(db)) == ([], 2)


def test_a_replay_keeps_what_middleware_says_of_this_request(
    idem: Idempotency, db: Database, pay: Any
) -> None:
    requests: list[int] = []

    @web.middleware
    async def numbered(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        requests.append(1)
        response.headers["x-request"] = str(len(requests))
        response.headers["etag"] = f'"{len(requests)}"'
        response.set_cookie("seen", str(len(requests)))
        return response

    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await pay()
        return web.Response(text="done")

    first, again = posted(served(idem, handler, middlewares=[numbered]), {}, {})
    assert (first.body, again.body) == (b"done", b"done")
    assert [each.headers["x-request"] for each in (first, again)] == ["1", "2"]
    assert [each.headers["etag"] for each in (first, again)] == ['"1"', '"1"']
    assert [each.headers["set-cookie"] for each in (first, again)] == ["seen=1; Path=/", "seen=2; Path=/"]
    assert ledger(db) == [5]


def test_compression_and_signals_come_after_the_seal(idem: Idempotency, db: Database, pay: Any) -> None:
    async def signed(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["x-signed"] = "yes"

    @web.middleware
    async def compressed(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        response.enable_compression()
        return response

    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await pay()
        return web.Response(text="x" * 900)

    app = served(idem, handler, middlewares=[compressed])
    app.on_response_prepare.append(signed)
    first, again = posted(app, {}, {})
    assert [each.headers["x-signed"] for each in (first, again)] == ["yes", "yes"]
    assert first.body == again.body == b"x" * 900


def test_a_refusal_before_the_handler_is_not_recorded(idem: Idempotency, db: Database, pay: Any) -> None:
    @web.middleware
    async def closed(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers["idempotency-key"] == "early":
            raise web.HTTPForbidden
        return await handler(request)

    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await pay()
        return web.Response()

    answers = posted(served(idem, handler, middlewares=[closed]), {"key": "early"}, {}, {"path": "/nowhere"})
    assert [each.status for each in answers] == [403, 200, 404]
    assert records(db) == 1


def test_admission_may_come_before_a_middleware_that_may_refuse_a_retry(
    idem: Idempotency, db: Database, pay: Any
) -> None:
    served_so_far: list[int] = []

    @web.middleware
    async def once(request: web.Request, handler: Handler) -> web.StreamResponse:
        await idem.admitted()
        if served_so_far:
            raise web.HTTPForbidden
        served_so_far.append(1)
        return await handler(request)

    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await pay()
        return web.Response(text="done")

    app = served(idem, handler, middlewares=[errors, once])
    first, again, other = posted(app, {}, {}, {"key": "other"})
    assert [each.status for each in (first, again, other)] == [200, 200, 403]
    assert (again.replayed, again.body) == (True, b"done")
    assert (ledger(db), records(db)) == ([5], 1)


# Routes


def test_sub_applications_domains_and_views_are_admitted_under_their_template(
    idem: Idempotency, db: Database, pay: Any
) -> None:
    def made(**options: Any) -> Any:
        @money_moving(**options)
        async def handler(request: web.Request) -> web.Response:
            await pay()
            return web.Response()

        return handler

    class Account(web.View):
        async def get(self) -> web.Response:
            return web.Response()

        @money_moving
        async def post(self) -> web.Response:
            await pay()
            return web.Response(text=self.request.match_info["n"])

    app, inner, innermost, domain = (web.Application() for _ in range(4))
    idem.install(app, require_marks=True)
    app.router.add_route("*", "/any", made(operation="any"))
    app.router.add_static("/static", ".")
    inner.router.add_view("/accounts/{n:[0-9]+}", Account)
    innermost.router.add_post("/t", made())
    domain.router.add_post("/t", made())
    inner.add_subapp("/innermost", innermost)
    app.add_subapp("/inner", inner)
    app.add_domain("pay.example", domain)
    paths = ["/any", "/inner/accounts/7", "/inner/innermost/t"]
    calls = [{"path": path} for path in paths for _ in range(2)]
    answers = posted(app, *calls, *[{"path": "/t", "headers": {"host": "pay.example"}}] * 2)
    assert [(each.status, each.replayed) for each in answers] == [(200, False), (200, True)] * 4
    assert operations(db) == [
        "any",
        "POST /inner/accounts/{n}",
        "POST /inner/innermost/t",
        "POST //pay.example/t",
    ]


async def unmarked(request: web.Request) -> web.Response:
    return web.Response()


class Reads(web.View):
    async def get(self) -> web.Response:
        return web.Response()


class Opens(Reads):
    async def post(self) -> web.Response:
        return web.Response()


@money_moving(operation="def", connection="inside")
def blocking(request: web.Request) -> web.Response:
    return web.Response()


@money_moving
async def elsewhere(request: web.Request) -> web.Response:
    return web.Response()


def bare(app: web.Application) -> None:
    with pytest.warns(DeprecationWarning):
        app.router.add_post("/wallet/t", blocking)  # type: ignore[arg-type]


def below(app: web.Application) -> None:
    inner = web.Application()
    inner.router.add_post("/t", unmarked)
    app.add_subapp("/wallet", inner)


REFUSED: list[tuple[Callable[[web.Application], Any], str]] = [
    (lambda app: app.router.add_post("/wallet/t", unmarked), r"not marked .*POST /wallet/t "),
    (below, r"not marked .*POST /wallet/t "),
    (lambda app: app.router.add_view("/wallet/t", Opens), r"not marked .*POST /wallet/t .*Opens"),
    (lambda app: app.router.add_route("*", "/wallet/t", unmarked), r"not marked .*POST /wallet/t "),
    (lambda app: app.router.add_post("/wallet/t", elsewhere), "does not show where it gets its transaction"),
    (bare, "write async def.*POST /wallet/t"),
]


@pytest.mark.parametrize(("register", "says"), REFUSED)
def test_what_is_wrong_is_refused_when_the_application_starts(
    register: Callable[[web.Application], Any], says: str
) -> None:
    app = web.Application()
    Idempotency("postgresql://nowhere.invalid/", principal=tenant).install(app, require_marks=("wallet",))
    register(app)
    with pytest.raises(ConfigurationError, match=f"(?s){says}"):
        start(app)


def test_what_needs_no_mark_starts() -> None:
    app = web.Application()
    Idempotency("postgresql://nowhere.invalid/", principal=tenant).install(app, require_marks=True)
    app.router.add_view("/wallet/t", Reads)
    app.router.add_get("/wallet/u", unmarked)

    async def ask(client: TestClient[Any, Any]) -> int:
        async with client.get("/wallet/u") as response:
            return response.status

    assert running(app, ask) == 200


def test_a_second_install_and_a_late_one_are_refused() -> None:
    idem = Idempotency("postgresql://nowhere.invalid/", principal=tenant)
    app, inner = web.Application(), web.Application()
    idem.install(app)
    with pytest.raises(ConfigurationError, match="before: one is enough"):
        idem.install(app)
    idem.install(inner)
    app.add_subapp("/inner", inner)
    with pytest.raises(ConfigurationError, match="before the application starts"):
        idem.install(inner)
    with pytest.raises(ConfigurationError, match="one is enough"):
        start(app)


def test_a_sub_application_may_be_protected_alone(idem: Idempotency, db: Database, pay: Any) -> None:
    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await pay()
        return web.Response()

    app, inner = web.Application(), web.Application()
    idem.install(inner)
    inner.router.add_post("/t", handler)
    app.add_subapp("/inner", inner)
    answers = posted(app, {"path": "/inner/t"}, {"path": "/inner/t"})
    assert [each.replayed for each in answers] == [False, True]
    assert operations(db) == ["POST /inner/t"]


# Answers that are no bytes


async def parts() -> AsyncIterator[bytes]:
    yield b"parts"


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.FileResponse(__file__),
        lambda: web.Response(body=BytesIO(b"file")),
        lambda: web.Response(body=parts()),
    ],
    ids=["file", "open file", "generator"],
)
def test_a_returned_stream_undoes_the_effect(
    idem: Idempotency, db: Database, pay: Any, answer: Callable[[], web.StreamResponse]
) -> None:
    @money_moving
    async def handler(request: web.Request) -> web.StreamResponse:
        await pay()
        return answer()

    told = posted(served(idem, handler), {})[0]
    assert (told.status, b"response_unstorable" in told.body) == (500, True)
    assert (ledger(db), records(db)) == ([], 0)


async def streamed(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    response.enable_compression()
    await response.prepare(request)
    await response.write(b"streamed")
    return response


def test_a_stream_that_a_handler_begins_is_refused_also_where_it_is_caught(
    idem: Idempotency, db: Database, pay: Any
) -> None:
    @money_moving
    async def handler(request: web.Request) -> web.StreamResponse:
        await pay()
        try:
            return await streamed(request)
        except Exception:
            return web.Response(text="caught")

    told = posted(served(idem, handler), {})[0]
    assert (told.status, b"response_unstorable" in told.body) == (500, True)
    assert (ledger(db), records(db)) == ([], 0)


def test_the_stream_of_an_external_effect_is_sent_once(idem: Idempotency, db: Database) -> None:
    @money_moving(effect="external")
    async def handler(request: web.Request) -> web.StreamResponse:
        return await streamed(request)

    first, again = posted(served(idem, handler), {}, {})
    assert (first.status, first.body) == (200, b"streamed")
    assert (again.status, b"executed_response_lost" in again.body) == (409, True)


def test_a_handler_that_returns_no_response_undoes_the_effect(
    idem: Idempotency, db: Database, pay: Any
) -> None:
    @money_moving
    async def handler(request: web.Request) -> Any:
        await pay()

    assert posted(served(idem, handler), {})[0].status == 500
    assert (ledger(db), records(db)) == ([], 0)


# What is lent to others


@pytest.mark.parametrize(
    ("how", "status", "kept"), [("returns", 200, [5]), ("raises", 409, []), ("streams", 200, [5])]
)
def test_what_an_unmarked_handler_writes_is_committed_before_its_answer(
    idem: Idempotency, db: Database, pay: Any, how: str, status: int, kept: list[int]
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        await pay()
        if how == "raises":
            raise web.HTTPConflict
        if how == "streams":
            response = await streamed(request)
            assert ledger(db) == [5]
            return response
        return web.Response()

    assert posted(served(idem, handler), {})[0].status == status
    assert ledger(db) == kept


DEFERRED = (
    "CREATE TABLE IF NOT EXISTS deferred (amount int UNIQUE DEFERRABLE INITIALLY DEFERRED); TRUNCATE deferred"
)


@pytest.mark.parametrize("marked", [True, False])
def test_a_commit_that_fails_is_never_a_success(idem: Idempotency, db: Database, marked: bool) -> None:
    async def handler(request: web.Request) -> web.Response:
        connection = await idem.connection()
        await connection.execute(INSERT, (5,))
        await connection.execute("INSERT INTO deferred VALUES (1), (1)")
        return web.Response(text="done")

    db.execute(DEFERRED)
    answers = posted(served(idem, money_moving(handler) if marked else handler), {}, {})
    assert [each.status for each in answers] == [500, 500]
    assert (ledger(db), records(db)) == ([], 0)


def test_an_unmarked_stream_and_one_that_nothing_was_lent_to_are_sent(
    idem: Idempotency, db: Database
) -> None:
    assert posted(served(idem, streamed), {})[0].body == b"streamed"


def test_a_marked_function_that_a_handler_calls_is_not_the_handler(
    idem: Idempotency, db: Database, pay: Any
) -> None:
    @money_moving(operation="inner", connection="inside")
    async def inner() -> None: ...

    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await pay()
        await inner()
        return web.Response()

    told = posted(served(idem, handler), {})[0]
    assert (told.status, b"not_installed" in told.body) == (500, True)
    assert ledger(db) == []


# The request


class Conflict:
    def __init__(self) -> None:
        self.runs: list[Any] = []

    def __call__(self, seen: Any) -> None:
        self.runs.append(seen)
        if len(self.runs) == 1:
            raise psycopg.errors.SerializationFailure


@pytest.mark.parametrize("part", ["json", "form", "stream"])
def test_a_conflict_sends_the_same_request_through_again(
    idem: Idempotency, db: Database, pay: Any, part: str
) -> None:
    conflict = Conflict()
    seen: Any = web.RequestKey("seen", int) if hasattr(web, "RequestKey") else "seen"  # since 3.14

    @money_moving
    async def handler(request: web.Request) -> web.Response:
        assert seen not in request
        request[seen] = 1
        await pay()
        if part == "form":
            form = await request.post()
            conflict((form["amount"], form["file"].file.read()))  # type: ignore[union-attr]
        elif part == "stream":
            conflict(await request.content.read())
        else:
            conflict(await request.json())
        return web.Response()

    form = FormData({"amount": "5"})
    form.add_field("file", b"bytes", filename="f")
    call: dict[str, Any] = {"data": form} if part == "form" else {}
    assert posted(served(idem, handler), call)[0].status == 200
    assert conflict.runs[0] == conflict.runs[1]
    assert ledger(db) == [5]


def test_a_conflict_that_stays_is_told_after_the_last_try(idem: Idempotency, db: Database) -> None:
    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await idem.connection()
        raise psycopg.errors.SerializationFailure

    told = posted(served(idem, handler), {})[0]
    assert (told.status, b"retries_exhausted" in told.body) == (503, True)


@pytest.mark.parametrize(
    ("size", "announced", "own", "status"),
    [
        (1500, True, 1024**2, 200),
        (2001, True, 1024**2, 413),
        (2001, False, 1024**2, 413),
        (2001, False, 0, 413),
        (600, True, 500, 413),
        (2001, True, 500, 413),
    ],
)
def test_the_body_is_read_up_to_the_smaller_of_two_limits(
    idem: Idempotency, db: Database, pay: Any, size: int, announced: bool, own: int, status: int
) -> None:
    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await pay()
        return web.Response(text=str(len(await request.read())))

    async def chunks() -> AsyncIterator[bytes]:
        yield b"x" * size

    told = posted(
        served(idem, handler, client_max_size=own), {"data": b"x" * size if announced else chunks()}
    )[0]
    assert told.status == status
    assert (b"body_too_large" in told.body) == (status == 413 and own != 500)
    assert ledger(db) == ([5] if status == 200 else [])


def test_a_request_without_a_body_is_admitted(idem: Idempotency, db: Database, pay: Any) -> None:
    conflict = Conflict()

    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await pay()
        conflict(await request.read())
        return web.Response()

    answers = posted(served(idem, handler), {"data": b""}, {"data": b""})
    assert [(each.status, each.replayed) for each in answers] == [(200, False), (200, True)]
    assert ledger(db) == [5]


def test_a_body_without_a_key_is_not_read(idem: Idempotency, db: Database, pay: Any) -> None:
    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await pay()
        return web.Response()

    told = posted(served(idem, handler), {"key": "", "data": b"x" * 2001})[0]
    assert b"key_missing" in told.body


def test_a_client_that_leaves_undoes_a_cancelled_handler(idem: Idempotency, db: Database, pay: Any) -> None:
    """With ``handler_cancellation``, which its test server has, aiohttp cancels the handler of a client that is gone."""
    started, cancelled = asyncio.Event(), asyncio.Event()
    runs: list[int] = []

    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await pay()
        runs.append(1)
        if len(runs) == 1:
            started.set()
            try:
                await asyncio.sleep(PATIENCE)
            finally:
                cancelled.set()
        return web.Response()

    async def main() -> Answer:
        async with TestClient(TestServer(served(idem, handler))) as client:
            leaving = asyncio.create_task(post(client))
            await started.wait()
            leaving.cancel()
            await cancelled.wait()
            return await post(client)

    answer = asyncio.run(asyncio.wait_for(main(), PATIENCE))
    assert (answer.status, answer.replayed, len(runs)) == (200, False, 2)
    assert ledger(db) == [5]


def test_what_comes_after_the_commit_is_called_once(idem: Idempotency, db: Database, pay: Any) -> None:
    seen: list[list[int]] = []

    @money_moving
    async def handler(request: web.Request) -> web.Response:
        await pay()
        current_attempt().after_commit(lambda: seen.append(ledger(db)))
        return web.Response()

    posted(served(idem, handler), {}, {})
    assert seen == [[5]]
