"""What is Starlette's and FastAPI's own: passages, background tasks, mounts, class endpoints, start-up checks, OpenAPI."""

import asyncio
import json
import warnings
from collections.abc import AsyncIterator, Callable
from inspect import signature
from pathlib import Path
from typing import Annotated, Any

import httpx
import psycopg
import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Header, HTTPException, Request, WebSocket
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.endpoints import HTTPEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route

from idem_runtime import (
    ConfigurationError,
    Idempotency,
    NotExecuted,
    Response,
    from_payload,
    money_moving,
    not_money_moving,
    standard_webhook,
)
from idem_runtime.model import Request as ModelRequest
from idem_runtime.model import StoreError
from idem_runtime.protocol import local_effect
from idem_runtime.protocol.fingerprint import of_request
from tests.runtime.adapters.asking import finished
from tests.runtime.adapters.contract import code, ledger, records
from tests.runtime.postgres import free_port

with warnings.catch_warnings():  # the test client warns of its own HTTP library
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

INSERT = "INSERT INTO ledger (amount) VALUES (%s)"
Database = psycopg.Connection[Any]


class Transfer(BaseModel):
    amount: int = 5


def tenant(request: Any) -> str:
    return str(request.headers["x-tenant"])


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant, cap=1000)


@pytest.fixture
def app(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)
    return app


async def post(app: Any, path: str = "/t", key: str | None = "k", **more: Any) -> httpx.Response:
    headers = {"x-tenant": "alice", **more.pop("headers", {})}
    if key is not None:
        headers["idempotency-key"] = key
    more.setdefault("json", {"amount": 5})
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://bank") as client:
        return await client.post(path, headers=headers, **more)


@pytest.fixture
def posts(idem: Idempotency) -> Callable[..., list[httpx.Response]]:
    """POST once per given arguments, in one event loop."""

    def run(app: Any, *calls: dict[str, Any]) -> list[httpx.Response]:
        async def main() -> list[httpx.Response]:
            try:
                return [await post(app, **call) for call in calls]
            finally:
                await idem.aclose()

        return asyncio.run(main())

    return run


class Conflict:
    def __init__(self, times: int) -> None:
        self.left = times
        self.runs = 0

    def __call__(self) -> None:
        self.runs += 1
        if self.left:
            self.left -= 1
            raise psycopg.errors.SerializationFailure


@pytest.mark.parametrize("times", [2, 100])
@pytest.mark.parametrize("colour", ["async", "sync"])
def test_a_conflict_sends_the_same_body_through_again(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any, times: int, colour: str
) -> None:
    conflict = Conflict(times)

    @app.post("/async/{n}")
    @money_moving
    async def a(n: int, body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> int:
        await db.execute(INSERT, (body.amount,))
        conflict()
        return conflict.runs

    @app.post("/sync/{n}")
    @money_moving
    def s(n: int, body: Transfer, db: Annotated[Any, Depends(idem.sync_connection)]) -> int:
        db.execute(INSERT, (body.amount,))
        conflict()
        return conflict.runs

    answers = posts(app, {"path": f"/{colour}/1"}, {"path": f"/{colour}/1"})
    if times == 2:
        assert [(each.status_code, each.json()) for each in answers] == [(200, 3), (200, 3)]
        assert ledger(db) == [5]
    else:
        assert [(each.status_code, code(each)) for each in answers] == [(503, "retries_exhausted")] * 2
        assert ledger(db) == []


def test_a_conflict_that_the_application_turned_into_a_response_runs_again_all_the_same(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any
) -> None:
    conflict = Conflict(1)
    app.add_exception_handler(psycopg.Error, lambda request, error: JSONResponse({}, 500))

    @app.post("/t")
    @money_moving
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (body.amount,))
        conflict()

    assert posts(app, {})[0].status_code == 200
    assert ledger(db) == [5]


def test_background_tasks_run_after_the_commit_and_not_on_replay(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any
) -> None:
    seen: list[Any] = []

    async def after(what: str) -> None:
        seen.append((what, ledger(db)))
        with pytest.raises(ConfigurationError, match="sealed"):
            await idem.connection()
        with pytest.raises(ConfigurationError, match="sealed"):
            idem.sync_connection()

    @app.post("/t")
    @money_moving
    async def t(body: Transfer, tasks: BackgroundTasks, db: Annotated[Any, Depends(idem.connection)]) -> int:
        await db.execute(INSERT, (body.amount,))
        tasks.add_task(after, "task")
        return 1

    @app.post("/response")
    @money_moving
    async def r(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> JSONResponse:
        await db.execute(INSERT, (body.amount,))
        return JSONResponse({}, background=BackgroundTask(after, "response"))

    posts(app, {}, {}, {"path": "/response"}, {"path": "/response"})
    assert seen == [("task", [5]), ("response", [5, 5])]


def test_background_tasks_do_not_run_when_the_commit_fails_and_their_own_failure_changes_nothing(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any
) -> None:
    seen: list[str] = []

    def fail() -> None:
        seen.append("ran")
        raise RuntimeError

    @app.post("/t")
    @money_moving
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> JSONResponse:
        await db.execute(INSERT, (body.amount,))
        if body.amount == 6:
            await db.execute("COMMIT")
        return JSONResponse({}, background=BackgroundTask(fail))

    answers = posts(app, {"json": {"amount": 6}}, {"key": "other"})
    assert (code(answers[0]), answers[1].status_code, seen) == ("transaction_broken", 200, ["ran"])
    assert ledger(db) == [6, 5]


def test_what_a_dependency_writes_joins_the_transaction_and_a_replay_undoes_it(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any
) -> None:
    async def audited(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (1,))

    def audited_sync(db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        db.execute(INSERT, (2,))

    @app.post("/t", dependencies=[Depends(audited)])
    @money_moving
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (body.amount,))

    @app.post("/s", dependencies=[Depends(audited_sync)])
    @money_moving
    def s(body: Transfer, db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        db.execute(INSERT, (body.amount,))

    @app.post("/refused", dependencies=[Depends(audited)])
    @money_moving
    async def refused(body: Transfer) -> None: ...

    answers = posts(
        app, {}, {}, {"path": "/s"}, {"path": "/s"}, {"path": "/refused", "json": {"amount": "many"}}
    )
    assert [each.status_code for each in answers] == [200, 200, 200, 200, 422]
    assert ledger(db) == [1, 5, 2, 5]


def test_a_waiter_whose_dependencies_hold_a_connection_gives_it_back_and_comes_again(
    dsn: str, db: Database
) -> None:
    """One connection in the pool: were it kept while waiting, the original could never begin."""
    idem = Idempotency(dsn, principal=tenant, pool_size=1, wait=5)
    app = FastAPI()
    idem.install(app)
    runs: list[int] = []

    @app.post("/t")
    @money_moving
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> int:
        runs.append(1)
        await asyncio.sleep(0.05)
        await db.execute(INSERT, (body.amount,))
        if len(runs) == 1:
            raise RuntimeError
        return 1

    async def main() -> list[int]:
        answers = await asyncio.gather(*(post(app) for _ in range(4)))
        await idem.aclose()
        return sorted(each.status_code for each in answers)

    assert asyncio.run(main()) == [200, 200, 200, 500]
    assert ledger(db) == [5]


def test_mounts_routers_class_endpoints_and_starlette_routes_are_admitted_under_their_template(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any
) -> None:
    async def write() -> None:
        await (await idem.connection()).execute(INSERT, (5,))

    @money_moving
    async def plain(request: Request) -> PlainTextResponse:
        await write()
        return PlainTextResponse("plain")

    class Endpoint(HTTPEndpoint):
        @money_moving
        async def post(self, request: Request) -> PlainTextResponse:
            await write()
            return PlainTextResponse("class")

    class Lone(Endpoint):
        @money_moving
        async def post(self, request: Request) -> PlainTextResponse:
            await write()
            return PlainTextResponse("lone")

    router, inner, mounted = APIRouter(prefix="/r"), APIRouter(prefix="/in"), FastAPI()

    @inner.post("/x/{n}")
    @money_moving
    async def x(n: int) -> None:
        await write()

    @mounted.post("/s/{n}")
    @mounted.post("/again/{n}")
    @money_moving(operation="s")
    async def s(n: int) -> None:
        await write()

    router.include_router(inner, prefix="/mid")
    app.include_router(router, prefix="/api")
    app.mount("/m", mounted)
    app.mount("/z", Starlette(routes=[Route("/q/{b}", plain, methods=["POST"]), Route("/c", Endpoint)]))
    app.mount("/lone", Mount("/", routes=[Route("/c", Lone)]))
    app.mount("/raw", PlainTextResponse("raw"))
    paths = ["/api/r/mid/in/x/1", "/m/s/1", "/m/again/1", "/z/q/1", "/z/c", "/lone/c"]
    answers = posts(app, *({"path": path} for path in paths for _ in range(2)), {"path": "/raw/"})
    assert [each.status_code for each in answers] == [200] * 13
    scopes = [row[0] for row in db.execute("SELECT scope FROM idempotency_records ORDER BY created_at")]
    named = ["POST /api/r/mid/in/x/{n}", "s", "POST /z/q/{b}", "POST /z/c", "POST /lone/c"]
    assert scopes == [f"5:alice{len(name)}:{name}" for name in named]
    assert ledger(db) == [5] * 5


def test_a_plain_starlette_application_is_served(idem: Idempotency, db: Database, posts: Any) -> None:
    @money_moving
    def sync_endpoint(request: Request) -> PlainTextResponse:
        idem.sync_connection().execute(INSERT, (5,))
        return PlainTextResponse("sync")

    app = Starlette(routes=[Route("/t", sync_endpoint, methods=["POST"])], middleware=[])
    idem.install(app, require_marks=["/t"])
    answers = posts(app, {}, {}, {"key": None})
    assert [each.text for each in answers[:2]] == ["sync", "sync"]
    assert code(answers[2]) == "key_missing"
    assert ledger(db) == [5]


def test_compression_stays_outside(app: FastAPI, idem: Idempotency, db: Database, posts: Any) -> None:
    app.add_middleware(GZipMiddleware, minimum_size=10)

    @app.post("/t")
    @money_moving
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> str:
        await db.execute(INSERT, (body.amount,))
        return "x" * 500

    first, again = posts(app, {}, {})
    assert first.headers["content-encoding"] == again.headers["content-encoding"] == "gzip"
    assert first.json() == again.json() == "x" * 500


def test_a_function_called_in_a_request_has_its_own_key_where_functions_are_installed(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any
) -> None:
    @money_moving(operation="entry", key=lambda name: name, principal=lambda name: "system")
    async def entry(name: str, db: Any = idem.lent) -> int:
        await db.execute(INSERT, (7,))
        return 1

    @money_moving(operation="sync-entry", key=lambda name: name, principal=lambda name: "system")
    def sync_entry(name: str, db: Any = idem.lent) -> int:
        db.execute(INSERT, (8,))
        return 1

    @app.post("/t")
    @not_money_moving(reason="delegates")
    async def t(request: Request) -> list[int]:
        return [await entry("a"), sync_entry("b")]

    assert code(posts(app, {"key": None})[0]) == "not_installed"

    @app.post("/s")
    def s(request: Request) -> int:
        return sync_entry("b")

    assert code(posts(app, {"key": None, "path": "/s"})[0]) == "not_installed"
    idem.install()
    assert [each.status_code for each in posts(app, {"key": None}, {"key": None})] == [200, 200]
    assert ledger(db) == [7, 8]


@pytest.mark.parametrize(
    ("mark", "headers", "body"),
    [
        (money_moving(key=standard_webhook()), {"webhook-id": "e1"}, {"amount": 5}),
        (money_moving(key=from_payload("/id")), {}, {"amount": 5, "id": "e1"}),
        (money_moving(key=lambda body: f"e{body.amount}"), {}, {"amount": 5}),
        (money_moving(principal=lambda body: "everybody"), {"idempotency-key": "e1"}, {"amount": 5}),
    ],
)
def test_keys_and_principals_come_from_where_the_mark_says(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any, mark: Any, headers: dict[str, str], body: Any
) -> None:
    @app.post("/t")
    @mark
    async def t(body: Transfer) -> None:
        await (await idem.connection()).execute(INSERT, (body.amount,))

    call = {"key": None, "headers": headers, "json": body}
    first, again = posts(app, call, call)
    assert (first.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    assert ledger(db) == [5]


def test_an_async_principal_is_awaited(dsn: str, db: Database) -> None:
    async def who(request: Request) -> str:
        return str((await request.json())["who"])

    idem = Idempotency(dsn, principal=who)
    app = FastAPI()
    idem.install(app)

    @app.post("/t")
    @money_moving
    async def t(request: Request) -> None:
        await (await idem.connection()).execute(INSERT, ((await request.json())["amount"],))

    assert finished(idem, lambda: post(app, json={"who": "carol", "amount": 5})).status_code == 200
    assert ledger(db) == [5]


def test_where_nobody_says_who_asks_a_route_that_comes_after_the_start_is_refused(
    dsn: str, db: Database
) -> None:
    idem = Idempotency(dsn)
    app = FastAPI()
    idem.install(app)

    @money_moving
    async def t(db: Annotated[Any, Depends(idem.connection)]) -> None: ...

    async def main() -> httpx.Response:
        await post(app, "/nowhere")
        app.post("/t")(t)
        return await post(app, "/t")

    refused = finished(idem, main)
    assert code(refused) == "principal_missing"
    assert "principal=" in refused.json()["detail"]


def test_an_external_stream_reaches_the_first_caller_and_is_lost_to_the_others(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any
) -> None:
    @app.post("/t")
    @money_moving(effect="external")
    async def t() -> StreamingResponse:
        return StreamingResponse(iter([b"a", b"b"]))

    first, again = posts(app, {}, {})
    assert (first.text, code(again)) == ("ab", "executed_response_lost")


def test_a_response_in_parts_with_a_known_length_is_stored(
    app: FastAPI, idem: Idempotency, posts: Any
) -> None:
    @app.post("/t")
    @money_moving(effect="external")
    async def t() -> StreamingResponse:
        return StreamingResponse(iter([b"a", b"b"]), headers={"content-length": "2"})

    assert [each.text for each in posts(app, {}, {})] == ["ab", "ab"]


@pytest.mark.parametrize("told", [Response(200, (), b"told"), NotExecuted(), None])
def test_a_reconciled_request_answers_what_the_provider_told(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any, told: Any
) -> None:
    runs: list[int] = []

    @app.post("/t")
    @money_moving(effect="external", reconcile=lambda attempt: told)
    async def t() -> str:
        runs.append(1)
        if len(runs) == 1:
            raise RuntimeError
        return "ran"

    answer = posts(app, {}, {})[1]
    if told is None:
        assert code(answer) == "outcome_unknown"
    else:
        assert answer.text == ("told" if isinstance(told, Response) else '"ran"')


def test_headers_that_are_never_replayed_are_not_taken_from_what_reconcile_tells_either(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any
) -> None:
    told = Response(
        201, (("Set-Cookie", "session=1"), ("content-length", "9"), ("Location", "/t/7")), b"told"
    )

    @app.post("/t")
    @money_moving(effect="external", reconcile=lambda attempt: told)
    async def t() -> str:
        raise RuntimeError

    for answer in posts(app, {}, {}, {})[1:]:
        assert (answer.status_code, answer.text, answer.headers["location"]) == (201, "told", "/t/7")
        assert "set-cookie" not in answer.headers
        assert answer.headers.get_list("content-length") == ["4"]


def test_an_answer_of_many_megabytes_is_stored_and_replayed(dsn: str, db: Database) -> None:
    """More than a socket takes at once, so that sending it waits."""
    idem, app = Idempotency(dsn, principal=tenant, cap=40_000_000), FastAPI()
    idem.install(app)
    large = "é" * 12_000_000

    @app.post("/t")
    @money_moving
    async def t() -> Any:
        await (await idem.connection()).execute(INSERT, (5,))
        return PlainTextResponse(large)

    async def main() -> list[httpx.Response]:
        answers = [await post(app), await post(app)]
        await idem.aclose()
        return answers

    first, second = asyncio.run(main())
    assert (first.text == large, second.content == first.content, ledger(db)) == (True, True, [5])


def test_the_ietf_profile_says_422(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, principal=tenant, profile="ietf")
    app = FastAPI()
    idem.install(app)

    @app.post("/t")
    @money_moving
    async def t(body: Transfer) -> None:
        await (await idem.connection()).execute(INSERT, (body.amount,))

    async def main() -> httpx.Response:
        await post(app)
        answer = await post(app, json={"amount": 6})
        await idem.aclose()
        return answer

    answer = asyncio.run(main())
    assert (answer.status_code, code(answer)) == (422, "key_reused")


def test_an_application_that_has_started_cannot_be_protected_any_more(
    app: FastAPI, idem: Idempotency
) -> None:
    with TestClient(app) as client:
        client.get("/nothing")
    with pytest.raises(ConfigurationError, match="before the application serves"):
        idem.install(app)


def test_an_application_of_an_unknown_kind_is_refused(idem: Idempotency) -> None:
    with pytest.raises(ConfigurationError, match=r"no adapter for builtins\.object"):
        idem.install(object())


class Unmarked(HTTPEndpoint):
    async def post(self, request: Request) -> None: ...


@pytest.mark.parametrize(
    ("required", "refused"),
    [
        (True, ["/wallet/open", "/other/open", "/class"]),
        (("/wallet",), ["/wallet/open"]),
        (lambda path: path.endswith("open"), ["/wallet/open", "/other/open"]),
        (None, []),
    ],
)
def test_an_application_with_an_unmarked_post_where_marks_are_required_does_not_start(
    idem: Idempotency, required: Any, refused: list[str]
) -> None:
    app = FastAPI()
    idem.install(app, require_marks=required)
    wallet = APIRouter(prefix="/wallet")

    @wallet.post("/open")
    async def unmarked() -> None: ...

    @wallet.post("/marked")
    @money_moving
    async def marked(db: Annotated[Any, Depends(idem.connection)]) -> None: ...

    @app.post("/other/open")
    @app.get("/other/read")
    async def other() -> None: ...

    app.include_router(wallet)
    app.add_route("/class", Unmarked)
    if not refused:
        with TestClient(app):
            return
    with pytest.raises(ConfigurationError, match="not marked") as stopped, TestClient(app):
        pass
    assert [
        path for path in ("/wallet/open", "/other/open", "/class") if path in str(stopped.value)
    ] == refused
    assert "unmarked" in str(stopped.value) or refused == ["/class"]


def test_openapi_says_what_a_marked_operation_requires_and_answers(app: FastAPI, idem: Idempotency) -> None:
    @app.post("/t")
    @money_moving
    async def t(body: Transfer) -> None: ...

    @app.post("/hook")
    @money_moving(key=standard_webhook())
    async def hook(body: Transfer) -> None: ...

    @app.post("/payload")
    @money_moving(key=from_payload("/id"))
    async def payload(body: Transfer) -> None: ...

    @app.post("/quote")
    @not_money_moving(reason="reads")
    async def quote(body: Transfer) -> None: ...

    app.openapi()
    paths = app.openapi()["paths"]
    marked = paths["/t"]["post"]
    (parameter,) = marked["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("Idempotency-Key", "header", True)
    assert "86400 seconds" in parameter["description"]
    assert {"400", "409", "503"} <= set(marked["responses"])
    assert "Idempotent-Replayed" in marked["responses"]["200"]["headers"]
    codes = marked["responses"]["409"]["content"]["application/problem+json"]["schema"]["properties"]["code"][
        "enum"
    ]
    assert codes == ["key_reused", "in_progress", "outcome_unknown"]
    assert paths["/hook"]["post"]["parameters"][0]["name"] == "webhook-id"
    assert "parameters" not in paths["/payload"]["post"]
    assert "parameters" not in paths["/quote"]["post"]


CODES = "content", "application/problem+json", "schema", "properties", "code", "enum"


def codes(operation: dict[str, Any], status: str) -> Any:
    found: Any = operation["responses"][status]
    for name in CODES:
        found = found[name]
    return found


def test_openapi_describes_every_method_that_is_marked(app: FastAPI, idem: Idempotency) -> None:
    def bind(method: str) -> None:
        async def endpoint(name: str, idempotency_key: Annotated[str | None, Header()] = None) -> None: ...

        mark = money_moving(effect="external") if method == "put" else money_moving
        getattr(app, method)("/files/{name:path}", responses={409: {"description": "Taken"}})(mark(endpoint))

    methods = ["post", "put", "patch", "delete"]
    for method in methods:
        bind(method)
    app.get("/files/{name:path}")(lambda name: name)
    app.add_route("/later", lambda request: JSONResponse({}), methods=None)  # not in the description
    app.openapi()
    path = app.openapi()["paths"]["/files/{name}"]
    for method in methods:
        named = [parameter["name"] for parameter in path[method]["parameters"]]
        assert named == ["name", "idempotency-key"]
        assert codes(path[method], "401") == ["principal_missing"]
        assert codes(path[method], "413") == ["body_too_large"]
        assert path[method]["responses"]["409"]["description"] == "Taken"
        assert "key_reused" in codes(path[method], "409")
    assert codes(path["post"], "500") == ["transaction_broken", "response_unstorable", "raised_success"]
    assert codes(path["post"], "503") == ["retries_exhausted", "store_unavailable", "handler_timeout"]
    assert "executed_response_lost" in codes(path["put"], "409")
    assert set(path["get"]["responses"]) == {"200", "422"}


def test_openapi_of_a_shaped_application_names_the_codes_only(dsn: str) -> None:
    idem, app = Idempotency(dsn, refusal_response=lambda error, request: None, profile="ietf"), FastAPI()
    idem.install(app)

    @app.post("/t")
    @money_moving
    async def t(body: Transfer) -> None: ...

    responses = app.openapi()["paths"]["/t"]["post"]["responses"]
    assert responses["401"] == {"description": "principal_missing"}
    assert "application/problem+json" not in responses["422"]["content"]


def test_openapi_of_mounted_applications_describes_their_marked_operations(
    app: FastAPI, idem: Idempotency, posts: Any
) -> None:
    inner, innermost = FastAPI(), FastAPI()
    for one in (inner, innermost):

        @one.post("/t")
        @money_moving
        async def t() -> None:
            await (await idem.connection()).execute(INSERT, (5,))

    inner.mount("/v2", innermost)
    app.mount("/v1", inner)
    app.mount("/plain", lambda scope, receive, send: None)
    posts(app, {"path": "/v1/t"})
    for one in (inner, innermost):
        operation = one.openapi()["paths"]["/t"]["post"]
        assert [parameter["name"] for parameter in operation["parameters"]] == ["Idempotency-Key"]
        assert "Idempotent-Replayed" in operation["responses"]["200"]["headers"]


@pytest.mark.parametrize("colour", ["async", "sync"])
def test_a_client_that_leaves_before_its_body_is_complete_executes_nothing(
    app: FastAPI, idem: Idempotency, db: Database, colour: str
) -> None:
    @app.post("/async")
    @money_moving
    async def a(request: Request) -> None:
        await (await idem.connection()).execute(INSERT, (5,))

    @app.post("/sync")
    @money_moving
    def s() -> None:
        idem.sync_connection().execute(INSERT, (5,))

    sent: list[Any] = []
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": f"/{colour}", "query_string": b"", "http_version": "1.1",
             "headers": [(b"idempotency-key", b"k"), (b"x-tenant", b"alice")]}  # fmt: skip

    async def main() -> None:
        with pytest.raises(BaseException) as left:
            await app(scope, receive, send)
        assert isinstance(left.value, asyncio.CancelledError)
        await idem.aclose()

    asyncio.run(main())
    assert (sent, ledger(db)) == ([], [])


def test_a_cancelled_request_is_undone(app: FastAPI, idem: Idempotency, db: Database) -> None:
    @app.post("/t")
    @money_moving
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (body.amount,))
        await asyncio.sleep(5)

    async def main() -> None:
        task = asyncio.create_task(post(app))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await idem.aclose()

    asyncio.run(main())
    assert (ledger(db), records(db)) == ([], 0)


def test_a_websocket_passes_by(app: FastAPI, idem: Idempotency) -> None:
    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    with TestClient(app) as client, client.websocket_connect("/ws") as socket:
        assert socket.receive_text() == "hello"


def test_an_error_before_the_mark_is_the_applications_own(
    app: FastAPI, idem: Idempotency, posts: Any
) -> None:
    def broken() -> None:
        raise RuntimeError

    @app.post("/t", dependencies=[Depends(broken)])
    @money_moving
    async def t(db: Annotated[Any, Depends(idem.connection)]) -> None: ...

    @app.post("/reached")
    @money_moving
    async def reached(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (5,))

    assert [each.status_code for each in posts(app, {}, {"path": "/reached"})] == [500, 200]


def test_a_store_that_is_away_is_told_to_whoever_borrows_first(db: Database) -> None:
    nowhere = Idempotency(
        f"postgresql://postgres@127.0.0.1:{free_port()}/x", principal=tenant, pool_timeout=0.1
    )
    app = FastAPI()
    nowhere.install(app)

    @app.post("/sync")
    @money_moving
    def s(db: Annotated[Any, Depends(nowhere.sync_connection)]) -> None: ...

    async def main() -> httpx.Response:
        answer = await post(app, "/sync")
        await nowhere.aclose()
        return answer

    assert code(asyncio.run(main())) == "store_unavailable"


def test_a_claim_that_conflicts_comes_again(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any
) -> None:
    """A dependency chose SERIALIZABLE, so the claim itself can lose."""
    runs: list[int] = []

    async def serializable(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        runs.append(1)
        if len(runs) == 1:
            with pytest.raises(psycopg.errors.SerializationFailure):
                await db.execute("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")

    @app.post("/async", dependencies=[Depends(serializable)])
    @money_moving
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (body.amount,))

    # the transaction has failed in the dependency: the claim is refused, as any statement in it
    assert [each.status_code for each in posts(app, {"path": "/async"}, {"path": "/async"})] == [500, 200]
    assert ledger(db) == [5]


@pytest.mark.parametrize("colour", ["async", "sync"])
def test_a_lost_race_answers_what_the_winner_committed(
    app: FastAPI, idem: Idempotency, dsn: str, db: Database, posts: Any, colour: str
) -> None:
    idem.without_lock()
    ran: list[str] = []

    def win() -> None:
        with psycopg.connect(dsn) as rival:
            rival.execute(
                "INSERT INTO idempotency_records SELECT %s, 'k', 'COMPLETED', %s, %s, 'theirs', now() + '1 h', null, null, now()",
                (
                    f"5:alice{len(colour) + 6}:POST /{colour}",
                    fingerprint_of(colour),
                    '{"status": 202, "headers": []}',
                ),
            )

    @app.post("/async")
    @money_moving
    async def a(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> JSONResponse:
        await db.execute(INSERT, (body.amount,))
        win()
        return JSONResponse("ours", background=BackgroundTask(ran.append, "background"))

    @app.post("/sync")
    @money_moving
    def s(body: Transfer, db: Annotated[Any, Depends(idem.sync_connection)]) -> JSONResponse:
        db.execute(INSERT, (body.amount,))
        win()
        return JSONResponse("ours", background=BackgroundTask(ran.append, "background"))

    answer = posts(app, {"path": f"/{colour}"})[0]
    assert (answer.status_code, answer.content, answer.headers["idempotent-replayed"]) == (
        202,
        b"theirs",
        "true",
    )
    assert (ran, ledger(db)) == ([], [])


def fingerprint_of(colour: str) -> str:
    headers = (("content-type", "application/json"),)
    return of_request(ModelRequest("POST", f"/{colour}", headers, body=b'{"amount":5}')).stored


@pytest.mark.parametrize(
    ("handlers", "says"),
    [
        ([("listed", "money_moving"), ("opened", None), ("post", None)], None),
        ([("listed", "money_moving"), ("post", None)], "not in the inventory"),
        (
            [("listed", None), ("open", None), ("post", None)],
            "runs money_moving, but the inventory says unmarked",
        ),
        ([("listed", "money_moving"), ("opened", "not_money_moving"), ("post", None)], "runs unmarked, but"),
    ],
)
def test_what_runs_is_compared_with_what_the_linter_read(
    idem: Idempotency, tmp_path: Path, handlers: list[tuple[str, str | None]], says: str | None
) -> None:
    file = "tests/runtime/adapters/test_starlette.py"
    inventory = tmp_path / "inventory.json"
    found = [{"file": file, "qualname": f"bank.{name}", "mark": mark} for name, mark in handlers]
    inventory.write_text(json.dumps({"handlers": found}))
    app = FastAPI()
    idem.install(app, inventory=inventory)

    @app.post("/listed")
    @money_moving
    async def listed(db: Annotated[Any, Depends(idem.connection)]) -> None: ...

    @app.post("/open")
    async def opened() -> None: ...

    @app.get("/read")
    async def read() -> None: ...

    app.add_route("/class", Unmarked)
    if says is None:
        with TestClient(app):
            return
    with pytest.raises(ConfigurationError, match=says), TestClient(app):
        pass


@pytest.mark.parametrize("colour", ["async", "sync"])
def test_a_claim_that_loses_a_conflict_comes_again(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = local_effect.admit, [1]

    def admit(*args: Any, **kwargs: Any) -> Any:
        if left:
            left.pop()
            raise StoreError("40001")
        return (yield from real(*args, **kwargs))

    monkeypatch.setattr(local_effect, "admit", admit)

    @app.post("/async")
    @money_moving
    async def a(body: Transfer) -> None:
        await (await idem.connection()).execute(INSERT, (body.amount,))

    @app.post("/sync")
    @money_moving
    def s(body: Transfer) -> None:
        idem.sync_connection().execute(INSERT, (body.amount,))

    assert posts(app, {"path": f"/{colour}"})[0].status_code == 200
    assert ledger(db) == [5]


@pytest.mark.skipif(
    "scope" not in signature(Depends).parameters, reason="this FastAPI has no scope of dependencies (0.121)"
)
def test_a_dependency_that_fails_after_a_replay_does_not_change_the_answer(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any
) -> None:
    async def fails_at_the_end() -> AsyncIterator[None]:
        yield
        raise RuntimeError

    @app.post("/t")
    @money_moving
    async def t(body: Transfer, _: Annotated[None, Depends(fails_at_the_end, scope="function")]) -> None:
        await (await idem.connection()).execute(INSERT, (body.amount,))

    first, again = posts(app, {}, {"json": {"amount": 6}})
    assert (first.status_code, records(db)) == (500, 0), "it failed before the seal: nothing stands"
    db.execute(
        "INSERT INTO idempotency_records SELECT '5:alice7:POST /t', 'k', 'COMPLETED', 'v1:-:0', null, null,"
        " now() + '1 h', null, null, now()"
    )
    assert code(posts(app, {})[0]) == "key_reused"
    assert again.status_code == 500


@pytest.mark.parametrize("status", [408, 425, 429, 503])
@pytest.mark.parametrize("raised", [False, True])
def test_what_tells_a_caller_to_try_again_is_not_kept_unless_the_mark_says_so(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any, status: int, raised: bool
) -> None:
    answers = [status, 200, status]

    async def pay(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> JSONResponse:
        await db.execute(INSERT, (body.amount,))
        told = answers.pop(0)
        if raised and told != 200:
            raise HTTPException(told, headers={"retry-after": "1"})
        return JSONResponse({}, told, headers={"retry-after": "1"})

    app.post("/t")(money_moving(pay))
    app.post("/kept")(money_moving(record=lambda status: True)(pay))
    assert [answer.status_code for answer in posts(app, {}, {}, {})] == [status, 200, 200]
    assert ledger(db) == [5]
    assert [answer.status_code for answer in posts(app, *[{"path": "/kept"}] * 2)] == [status, status]


@pytest.mark.parametrize(
    ("status", "recorded", "raised", "amounts", "kept"),
    [
        (409, False, False, [], 0),
        (409, True, False, [5], 1),
        (409, True, True, [], 1),
        (503, True, False, [], 1),
        (503, False, False, [], 0),
    ],
)
def test_the_mark_may_say_which_refusals_are_recorded(
    app: FastAPI, idem: Idempotency, db: Database, posts: Any,
    status: int, recorded: bool, raised: bool, amounts: list[int], kept: int,
) -> None:  # fmt: skip
    @app.post("/t")
    @money_moving(record=lambda status: status < 400 or recorded)
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> JSONResponse:
        await db.execute(INSERT, (body.amount,))
        if raised:
            raise HTTPException(status)
        return JSONResponse({}, status)

    assert posts(app, {})[0].status_code == status
    assert (ledger(db), records(db)) == (amounts, kept)
