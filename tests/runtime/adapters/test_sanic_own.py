"""What is Sanic's own: middleware, error handlers, views, streams, start and end."""

from __future__ import annotations

import asyncio
import functools
import logging
import uuid
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import psycopg
import pytest

with warnings.catch_warnings():  # it still imports what websockets has deprecated
    warnings.simplefilter("ignore", DeprecationWarning)
    from sanic import Blueprint, Sanic
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse, ResponseStream, empty, json, text
from sanic.views import HTTPMethodView

from idem_runtime import ConfigurationError, Idempotency, money_moving, not_money_moving
from tests.runtime.adapters import serve
from tests.runtime.adapters.asking import INSERT, PATIENCE, operations, tenant
from tests.runtime.adapters.contract import code, ledger, records

Database = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def _quiet() -> None:
    for name in ("sanic.root", "sanic.error", "sanic.server"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant, cap=1000, body_cap=2000)


@pytest.fixture
def pay(idem: Idempotency) -> Callable[[], Awaitable[None]]:
    async def pay() -> None:
        await (await idem.connection()).execute(INSERT, (5,))

    return pay


def made() -> Any:
    return Sanic(f"own-{uuid.uuid4().hex}")


@pytest.fixture
def app(idem: Idempotency) -> Any:
    app = made()
    idem.install(app)
    return app


def posted(app: Any, *calls: dict[str, Any]) -> list[httpx.Response]:
    with serve.sanic(app) as client:
        return [client.post(call.pop("path", "/t"), call.pop("key", "k"), **call) for call in calls]


def replayed(answers: list[httpx.Response]) -> list[bool]:
    return ["idempotent-replayed" in answer.headers for answer in answers]


class Declined(Exception):
    """The domain's own."""


class Closed(SanicException):
    status_code = 409


def test_what_an_error_handler_answers_is_recorded(app: Any, db: Database, pay: Any) -> None:
    runs: list[str] = []

    @app.exception(Declined)
    async def declined(request: Any, error: Declined) -> HTTPResponse:
        return json({"error": str(error)}, status=int(request.headers.get("x-status", 402)))

    @app.post("/t")
    @money_moving
    async def t(request: Any) -> None:
        await pay()
        runs.append(request.headers["idempotency-key"])
        if runs[-1] == "bug":
            raise RuntimeError
        raise Closed("closed") if runs[-1] == "framework" else Declined("insufficient")

    keys = [{"key": key} for key in ("domain", "domain", "framework", "framework", "bug", "bug")]
    ours = {"key": "ours", "headers": {"x-status": "503"}}
    answers = posted(app, *keys, ours, {**ours})
    assert [each.status_code for each in answers] == [402, 402, 409, 409, 500, 500, 503, 503]
    assert replayed(answers) == [False, True, False, True, False, False, False, False]
    assert answers[0].content == answers[1].content
    assert runs == ["domain", "framework", "bug", "bug", "ours", "ours"]
    assert (ledger(db), records(db)) == ([], 2)


def test_middleware_stays_outside(app: Any, db: Database, pay: Any) -> None:
    requests: list[int] = []

    @app.on_request
    async def refuse(request: Any) -> HTTPResponse | None:
        return text("closed", status=403) if request.headers["idempotency-key"] == "early" else None

    @app.on_response
    async def numbered(request: Any, response: HTTPResponse) -> None:
        requests.append(1)
        response.headers["x-request"] = str(len(requests))

    @app.post("/t")
    @money_moving
    async def t(request: Any) -> HTTPResponse:
        await pay()
        response = text("done")
        response.add_cookie("seen", "yes")
        return response

    early, first, again, lost = posted(app, {"key": "early"}, {}, {}, {"path": "/nowhere"})
    assert [each.status_code for each in (early, first, again, lost)] == [403, 200, 200, 404]
    assert (first.text, again.text, again.headers["content-type"]) == (
        "done",
        "done",
        first.headers["content-type"],
    )
    assert [each.headers["x-request"] for each in (first, again)] == ["2", "3"]
    assert "set-cookie" in first.headers
    assert "set-cookie" not in again.headers
    assert (ledger(db), records(db)) == ([5], 1)


def test_a_replay_keeps_what_a_decorator_says_of_this_request(app: Any, db: Database, pay: Any) -> None:
    def numbered(handler: Any) -> Any:
        runs: list[int] = []

        @functools.wraps(handler)
        async def called(request: Any) -> HTTPResponse:
            response: HTTPResponse = await handler(request)
            runs.append(1)
            response.headers["x-request"] = response.headers["etag"] = str(len(runs))
            return response

        return called

    @app.post("/t")
    @numbered
    @money_moving
    async def t(request: Any) -> HTTPResponse:
        await pay()
        return text("done")

    answers = posted(app, {}, {})
    assert [(each.headers["x-request"], each.headers["etag"]) for each in answers] == [("1", "1"), ("2", "1")]
    assert ledger(db) == [5]


# Answers that are no whole response


@pytest.mark.parametrize("how", ["caught", "begun", "stream", "nothing"])
def test_what_cannot_be_stored_undoes_the_effect(app: Any, db: Database, pay: Any, how: str) -> None:
    async def parts(response: Any) -> None:
        await response.write("a")

    @app.post("/t")
    @money_moving
    async def t(request: Any) -> Any:
        await pay()
        if how == "stream":
            return ResponseStream(parts)
        if how in ("caught", "begun"):
            try:
                await request.respond(text("begun"))
            except Exception:
                if how == "begun":
                    raise
        return text("caught") if how == "caught" else None

    (told,) = posted(app, {})
    assert told.status_code == 500
    if how != "nothing":
        assert code(told) == "response_unstorable"
    assert (ledger(db), records(db)) == ([], 0)


def test_the_stream_of_an_external_effect_is_sent_once(app: Any, db: Database) -> None:
    @app.post("/t")
    @money_moving(effect="external")
    async def t(request: Any) -> None:
        response = await request.respond(content_type="text/plain")
        await response.send("streamed")
        await response.eof()

    first, again = posted(app, {}, {})
    assert (first.status_code, first.text) == (200, "streamed")
    assert (again.status_code, code(again)) == (409, "executed_response_lost")


@pytest.mark.parametrize(
    ("how", "status", "kept"), [("returns", 200, [5]), ("raises", 409, []), ("streams", 200, [5])]
)
def test_what_an_unmarked_handler_writes_is_committed_before_its_answer(
    app: Any, db: Database, pay: Any, how: str, status: int, kept: list[int]
) -> None:
    @app.post("/t")
    async def t(request: Any) -> Any:
        await pay()
        if how == "raises":
            raise Closed("closed")
        if how == "streams":
            response = await request.respond()
            assert ledger(db) == [5]
            return await response.eof()
        return empty(200)

    assert posted(app, {})[0].status_code == status
    assert ledger(db) == kept


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


@pytest.mark.parametrize("times", [1, 100])
@pytest.mark.parametrize("form", [False, True])
def test_a_conflict_sends_the_same_request_through_again(
    app: Any, db: Database, pay: Any, times: int, form: bool
) -> None:
    conflict = Conflict(times)

    @app.on_request
    async def before(request: Any) -> None:
        request.ctx.who = "alice"

    @app.post("/t")
    @money_moving
    async def t(request: Any) -> HTTPResponse:
        assert not hasattr(request.ctx, "seen")
        request.ctx.seen = 1
        await pay()
        found = dict(request.form) if form else request.json
        conflict((request.ctx.who, str(found)))
        found.clear()
        return empty(200)

    (told,) = posted(
        app,
        {"content": b"amount=5", "headers": {"content-type": "application/x-www-form-urlencoded"}}
        if form
        else {},
    )
    if times == 1:
        assert (told.status_code, ledger(db)) == (200, [5])
    else:
        assert (told.status_code, code(told), ledger(db)) == (503, "retries_exhausted", [])
    assert len(set(conflict.runs)) == 1


def test_a_body_over_the_cap_is_refused(app: Any, db: Database, pay: Any) -> None:
    @app.post("/t")
    @money_moving
    async def t(request: Any) -> HTTPResponse:
        await pay()
        return text(str(len(request.body)))

    large, small = posted(app, {"content": b"x" * 2001}, {"content": b"x" * 2000})
    assert (large.status_code, code(large)) == (413, "body_too_large")
    assert (small.text, ledger(db)) == ("2000", [5])


def test_a_client_that_leaves_undoes_the_cancelled_handler(app: Any, db: Database, pay: Any) -> None:
    runs: list[int] = []

    @app.post("/t")
    @money_moving
    async def t(request: Any) -> HTTPResponse:
        await pay()
        runs.append(1)
        if len(runs) == 1:
            await asyncio.sleep(PATIENCE)
        return empty(200)

    with serve.sanic(app) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/t", timeout=0.2)
        again = client.post("/t")
    assert (again.status_code, replayed([again]), len(runs)) == (200, [False], 2)
    assert ledger(db) == [5]


# Routes


def test_blueprints_versions_views_and_hosts_are_admitted_under_their_route(
    app: Any, idem: Idempotency, db: Database, pay: Any
) -> None:
    wallet = Blueprint(f"wallet_{uuid.uuid4().hex}", url_prefix="/wallet", version=1)

    class Account(HTTPMethodView):
        async def get(self, request: Any, n: int) -> HTTPResponse:
            return empty()

        @money_moving
        async def post(self, request: Any, n: int, db: Any = idem.lent) -> HTTPResponse:
            await db.execute(INSERT, (n,))
            return text(str(n))

    @app.post("/t", host="pay.example")
    @money_moving
    async def t(request: Any) -> HTTPResponse:
        await pay()
        return empty(200)

    @app.websocket("/talk")
    async def talk(request: Any, socket: Any) -> None: ...

    wallet.add_route(Account.as_view(), "/<n:int>")
    app.blueprint(wallet)
    account = {"path": "/v1/wallet/7"}
    host = {"headers": {"host": "pay.example"}}
    assert replayed(posted(app, {**account}, {**account}, {**host}, {**host})) == [False, True, False, True]
    assert operations(db) == ["POST /v1/wallet/<n:int>", "POST //pay.example/t"]
    assert ledger(db) == [7, 5]


async def unmarked(request: Any) -> HTTPResponse:
    return empty()


@money_moving(operation="def", connection="inside")
def blocking(request: Any) -> HTTPResponse:
    return empty()


@money_moving(operation="streamed", connection="inside")
async def streamed(request: Any) -> HTTPResponse:
    return empty()


@money_moving
async def elsewhere(request: Any) -> HTTPResponse:
    return empty()


class Opens(HTTPMethodView):
    async def post(self, request: Any) -> HTTPResponse:
        return empty()


@pytest.mark.parametrize(
    ("handler", "options", "says"),
    [
        (unmarked, {}, r"not marked .*POST /wallet/t "),
        (Opens.as_view(), {}, r"not marked .*POST /wallet/t "),
        (elsewhere, {}, "does not show where.*idem.lent"),
        (blocking, {}, "write async def.*POST /wallet/t"),
        (streamed, {"stream": True}, "stream=True.*POST /wallet/t"),
    ],
)
def test_what_is_wrong_is_refused_when_a_worker_starts(handler: Any, options: Any, says: str) -> None:
    app = made()
    Idempotency("postgresql://nowhere.invalid/", principal=tenant).install(app, require_marks=("wallet",))
    app.add_route(handler, "/wallet/t", methods=["POST"], **options)
    serve.several_sanics(app)

    async def main() -> None:
        server = await app.create_server(port=0, return_asyncio_server=True)
        await server.startup()
        try:
            await server.before_start()
        finally:
            await server.close()
            await server.after_stop()

    with pytest.raises(ConfigurationError, match=f"(?s){says}"):
        asyncio.run(main())


def test_what_is_right_starts(dsn: str, db: Database) -> None:
    app = made()
    Idempotency(dsn, principal=tenant).install(app, require_marks=True)

    @app.post("/t")
    @not_money_moving(reason="reads")
    def quotes(request: Any) -> HTTPResponse:
        return text("1")

    assert posted(app, {"key": None})[0].text == "1"


def test_a_second_install_is_refused() -> None:
    app = made()
    idem = Idempotency("postgresql://nowhere.invalid/", principal=tenant)
    idem.install(app)
    with pytest.raises(ConfigurationError, match="one is enough"):
        idem.install(app)


def test_a_marked_function_that_a_handler_calls_is_not_the_handler(app: Any, db: Database, pay: Any) -> None:
    @money_moving(operation="inner", connection="inside")
    async def inner() -> None: ...

    @app.post("/t")
    @money_moving
    async def t(request: Any) -> HTTPResponse:
        await pay()
        await inner()
        return empty()

    (told,) = posted(app, {})
    assert (told.status_code, code(told), ledger(db)) == (500, "not_installed", [])
