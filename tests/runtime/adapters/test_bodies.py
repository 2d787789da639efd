"""Request bodies: kept where the route is marked, up to ``body_cap``; headers are looked at first; nothing else is kept."""

import json
import weakref
from typing import Annotated, Any

import pytest
from fastapi import Body, Depends, FastAPI
from fastapi import Request as FastRequest
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from idem_runtime import Idempotency, from_payload, money_moving, not_money_moving
from tests.runtime.adapters.asking import INSERT, Database, Wire, finished
from tests.runtime.adapters.contract import ledger

CAP = 1_000


class Upload(Wire):
    """A request whose body comes in chunks; ``read``: how many were asked for, ``kept``: how many are still there."""

    def __init__(self, path: str, chunks: list[bytes], **headers: str) -> None:
        super().__init__(path)
        self.read = 0
        self.chunks = chunks
        self.given: weakref.WeakSet[Any] = weakref.WeakSet()
        self.kept = 0
        named = {"idempotency-key": "k", "x-tenant": "alice", **headers}
        self.scope["headers"] = [
            (name.replace("_", "-").encode(), value.encode()) for name, value in named.items()
        ]

    async def receive(self) -> Any:
        if self.read == len(self.chunks):
            await self.left.wait()
            return {"type": "http.disconnect"}
        self.kept = max(self.kept, len(self.given))
        self.read += 1
        message = Message(
            type="http.request", body=self.chunks[self.read - 1], more_body=self.read < len(self.chunks)
        )
        self.given.add(message)
        return message

    @property
    def code(self) -> Any:
        return json.loads(self.body)["code"]


class Message(dict[str, Any]):
    """As a server gives it; how long it is kept can be seen."""

    __hash__ = object.__hash__  # type: ignore[assignment]


class Unread:
    """Middleware that reads the body before any route is known."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())

        async def again() -> Any:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, again, send)


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=lambda request: request.headers.get("x-tenant"), body_cap=CAP)


async def stream(request: Request) -> PlainTextResponse:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
    return PlainTextResponse(str(size))


def bank(idem: Idempotency) -> Starlette:
    @money_moving(operation="pay")
    async def pay(request: Request) -> PlainTextResponse:
        await (await idem.connection()).execute(INSERT, (5,))
        return await stream(request)

    @money_moving(operation="pay_sync")
    def pay_sync(request: Request) -> PlainTextResponse:
        idem.sync_connection().execute(INSERT, (5,))
        return PlainTextResponse("paid")

    @money_moving(operation="by_payload", key=from_payload("/id"))
    async def by_payload(request: Request) -> PlainTextResponse:
        await (await idem.connection()).execute(INSERT, (5,))
        return PlainTextResponse("paid")

    class View(HTTPEndpoint):
        async def put(self, request: Request) -> PlainTextResponse:
            return await stream(request)

        @money_moving(operation="view")
        async def post(self, request: Request) -> PlainTextResponse:
            await (await idem.connection()).execute(INSERT, (5,))
            return await stream(request)

    routes = [
        Route("/pay", pay, methods=["POST"]),
        Route("/sync", pay_sync, methods=["POST"]),
        Route("/payload", by_payload, methods=["POST"]),
        Route("/free", not_money_moving(reason="reads only")(stream), methods=["POST"]),
        Route("/plain", stream, methods=["POST"]),
        Route("/view", View),
    ]
    app = Starlette(
        routes=[*routes, Mount("/sub", Starlette(routes=routes, middleware=[Middleware(Unread)]))]
    )
    idem.install(app, without_connection="warn")
    return app


def fast_bank(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)

    @app.post("/json")
    @money_moving
    async def pay(
        amount: Annotated[int, Body(embed=True)], db: Annotated[Any, Depends(idem.connection)]
    ) -> int:
        await db.execute(INSERT, (amount,))
        return amount

    @app.post("/files")
    async def files(request: FastRequest) -> int:
        return len(await request.body())

    return app


def sent(idem: Idempotency, app: Any, upload: Upload) -> Upload:
    finished(idem, lambda: upload.go(app))
    return upload


TEN = [b"x" * 100] * 10
MANY = [b"x" * 100] * 50
MARKED = ["/pay", "/sync", "/view", "/sub/pay", "/sub/view"]


@pytest.mark.parametrize("path", MARKED)
def test_a_body_of_exactly_the_cap_is_taken(idem: Idempotency, db: Database, path: str) -> None:
    upload = sent(idem, bank(idem), Upload(path, TEN))
    assert (upload.status, ledger(db)) == (200, [5])
    assert upload.body in (b"1000", b"paid")


@pytest.mark.parametrize("path", [*MARKED, "/payload", "/sub/payload"])
def test_a_chunked_body_over_the_cap_is_413_and_not_read_further(
    idem: Idempotency, db: Database, path: str
) -> None:
    upload = sent(idem, bank(idem), Upload(path, MANY))
    assert (upload.status, upload.code, ledger(db)) == (413, "body_too_large", [])
    assert upload.read == (50 if "sub" in path else 11)  # what is mounted read it before its route was known
    assert upload.kept <= 12 or "sub" in path  # its own middleware keeps them


@pytest.mark.parametrize("path", ["/pay", "/sync", "/payload", "/view"])
def test_an_announced_length_over_the_cap_is_413_before_anything_is_read(
    idem: Idempotency, db: Database, path: str
) -> None:
    upload = sent(idem, bank(idem), Upload(path, MANY, content_length="5000"))
    assert (upload.status, upload.code, upload.read) == (413, "body_too_large", 0)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"idempotency_key": ""}, 400, "key_missing"),
        ({"idempotency_key": "a b"}, 400, "key_invalid"),
        ({"x_tenant": ""}, 401, "principal_missing"),
    ],
)
@pytest.mark.parametrize("path", ["/pay", "/sync", "/view"])
def test_who_is_nobody_or_has_no_key_is_told_before_the_body_is_read(
    idem: Idempotency, db: Database, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    upload = sent(idem, bank(idem), Upload(path, MANY, **told))
    assert (upload.status, upload.code, upload.read) == (status, code, 0)


def test_a_framework_that_reads_the_body_first_is_stopped_too(idem: Idempotency, db: Database) -> None:
    json_type = {"content_type": "application/json"}
    too_large = sent(idem, fast_bank(idem), Upload("/json", MANY, **json_type))
    assert (too_large.status, too_large.code, too_large.read) == (413, "body_too_large", 11)
    announced = sent(idem, fast_bank(idem), Upload("/json", MANY, content_length="5000", **json_type))
    assert (announced.status, announced.code, announced.read) == (413, "body_too_large", 0)
    keyless = sent(idem, fast_bank(idem), Upload("/json", MANY, **{"idempotency-key": ""}, **json_type))
    assert (keyless.status, keyless.code, keyless.read) == (400, "key_missing", 0)
    paid = sent(idem, fast_bank(idem), Upload("/json", [b'{"amo', b'unt": 7}'], **json_type))
    assert (paid.status, ledger(db)) == (200, [7])


@pytest.mark.parametrize("path", ["/free", "/plain"])
def test_an_unmarked_route_reads_all_and_nothing_is_kept(idem: Idempotency, db: Database, path: str) -> None:
    upload = sent(idem, bank(idem), Upload(path, MANY, content_length="5000"))
    assert (upload.status, upload.body, upload.read) == (200, b"5000", 50)
    assert upload.kept <= 1


def test_an_unmarked_method_beside_a_marked_one_reads_all_and_keeps_no_more_than_the_cap(
    idem: Idempotency, db: Database
) -> None:
    upload = Upload("/view", MANY)
    upload.scope["method"] = "PUT"
    assert sent(idem, bank(idem), upload).body == b"5000"
    assert upload.kept <= 12


@pytest.mark.parametrize("path", ["/sub/plain", "/sub/free"])
def test_what_is_mounted_and_unmarked_reads_all(idem: Idempotency, db: Database, path: str) -> None:
    assert sent(idem, bank(idem), Upload(path, MANY)).body == b"5000"
    assert sent(idem, bank(idem), Upload(path, TEN)).body == b"1000"


def test_a_large_upload_to_an_unmarked_route_of_fastapi_is_not_kept(idem: Idempotency, db: Database) -> None:
    upload = sent(idem, fast_bank(idem), Upload("/files", MANY))
    assert (upload.status, upload.body) == (200, b"5000")
    assert upload.kept <= 1


def test_a_body_that_was_read_in_part_is_whole_for_the_handler(idem: Idempotency, db: Database) -> None:
    def peeking(handler: Any) -> Any:
        async def endpoint(request: Request) -> Any:
            await request._receive()
            return await handler(request)

        endpoint.__idem_mark__ = handler.__idem_mark__  # type: ignore[attr-defined]
        return endpoint

    @peeking
    @money_moving
    async def pay(request: Request) -> PlainTextResponse:
        await (await idem.connection()).execute(INSERT, (5,))
        return await stream(request)

    app = Starlette(routes=[Route("/pay", pay, methods=["POST"])])
    idem.install(app, without_connection="warn")
    upload = sent(idem, app, Upload("/pay", [b"ab", b"cd", b"ef"]))
    assert (upload.status, upload.body) == (200, b"4")
