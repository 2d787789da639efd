"""What a refusal looks like: RFC 9457, and the form that an application gives its errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from flask import Flask

from idem_runtime import ConfigurationError, Idempotency, InProgress, KeyReused, Response, money_moving
from idem_runtime.adapters.http.problem_json import described, problem, shaped
from idem_runtime.errors import IdempotencyError
from tests.runtime.adapters.asking import INSERT, Database, asked


@pytest.mark.parametrize("error", IdempotencyError.__subclasses__(), ids=lambda error: error.code)
def test_a_problem_says_what_kind_it_is_where_and_whether_to_try_again(error: type[IdempotencyError]) -> None:
    told = json.loads(problem(error(), path="/wallet/a b").body)
    assert told == {
        "type": f"urn:idem-guard:problem:{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": error.http_status,
        "detail": error().message,
        "instance": "/wallet/a%20b",
        "code": error.code,
        "retryable": error.retriable,
    }


def test_what_is_described_is_what_is_told() -> None:
    told = json.loads(problem(KeyReused(), "ietf").body)
    schema = described([KeyReused], "ietf")["422"]["content"]["application/problem+json"]["schema"]
    assert set(schema["required"]) == set(told)
    assert set(schema["properties"]) == {*told, "instance"}
    assert (schema["properties"]["type"]["enum"], schema["properties"]["code"]["enum"]) == (
        [told["type"]],
        ["key_reused"],
    )


def test_where_an_application_shapes_its_refusals_only_their_codes_are_described() -> None:
    assert described([KeyReused, InProgress], "adr007", shape=lambda error, request: None) == {
        "409": {"description": "key_reused or in_progress"}
    }


Ask = Callable[[Idempotency, str | None], httpx.Response]


def ask_async(idem: Idempotency, key: str | None) -> httpx.Response:
    return ask_fastapi(idem, key, "/async")


def ask_sync(idem: Idempotency, key: str | None) -> httpx.Response:
    return ask_fastapi(idem, key, "/sync")


def ask_fastapi(idem: Idempotency, key: str | None, path: str) -> httpx.Response:
    app = FastAPI()
    idem.install(app)

    @app.post("/async")
    @money_moving
    async def pay(request: Request) -> None:
        await (await idem.connection()).execute(INSERT, (5,))

    @app.post("/sync")
    @money_moving
    def pay_sync(request: Request) -> None:
        idem.sync_connection().execute(INSERT, (5,))

    return asked(idem, app, {"path": path, "key": key})[0]


def ask_flask(idem: Idempotency, key: str | None) -> httpx.Response:
    app = Flask("shaped")
    idem.init_app(app)

    @app.post("/flask")
    @money_moving
    def pay() -> str:
        return str(idem.sync_connection().execute(INSERT, (5,)).rowcount)

    try:
        answer = app.test_client().post("/flask", headers={} if key is None else {"idempotency-key": key})
    finally:
        idem.close()
    return httpx.Response(answer.status_code, headers=list(answer.headers), content=answer.data)


@pytest.fixture(params=[ask_async, ask_sync, ask_flask])
def ask(request: Any) -> Ask:
    found: Ask = request.param
    return found


def own(error: IdempotencyError, request: Any) -> Response | None:
    """The form of an application's errors, but for one of them."""
    if error.code == "key_invalid":
        return None
    path = getattr(request, "path", None) or request.url.path
    body = json.dumps({"error": {"code": error.code, "path": path}}).encode()
    return Response(error.http_status, (("Content-Type", "application/json"),), body)


def alice(request: Any) -> str:
    return "alice"


def test_an_application_shapes_refusals_as_its_other_errors(dsn: str, db: Database, ask: Ask) -> None:
    answer = ask(Idempotency(dsn, principal=alice, refusal_response=own), None)
    path = {ask_async: "/async", ask_sync: "/sync", ask_flask: "/flask"}[ask]
    assert (answer.status_code, answer.json()) == (400, {"error": {"code": "key_missing", "path": path}})
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
        "application/json",
        "no-store",
    )
    usual = ask(Idempotency(dsn, principal=alice, refusal_response=own), "a b")
    assert (usual.json()["code"], usual.json()["instance"]) == ("key_invalid", path)


def fails(error: IdempotencyError, request: Any) -> Response:
    raise KeyError(error.code)


SHAPES: list[tuple[Any, str]] = [
    (fails, "raised KeyError"),
    (lambda error, request: {"error": error.code}, "gave no idem_runtime.Response"),
    (lambda error, request: Response(200, (), b"fine"), "with a status of 400 or more"),
]


@pytest.mark.parametrize(("shape", "says"), SHAPES)
def test_a_shape_that_fails_is_logged_and_the_refusal_told_as_usual(
    dsn: str, db: Database, ask: Ask, shape: Any, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask(Idempotency(dsn, principal=alice, refusal_response=shape), None)
    assert (answer.status_code, answer.json()["code"]) == (400, "key_missing")
    assert [record.levelname for record in caplog.records if says in record.getMessage()] == ["ERROR"]


def test_what_clients_and_caches_need_is_added_where_it_is_missing() -> None:
    usual = problem(InProgress(retry_after=3))
    bare = shaped(usual, InProgress(), None, lambda error, request: Response(429, (), b""))
    assert dict(bare.headers) == {"cache-control": "no-store", "retry-after": "3"}
    said = (("Retry-After", "9"), ("cache-control", "private"))
    assert shaped(usual, InProgress(), None, lambda error, request: Response(429, said, b"")).headers == (
        ("retry-after", "9"),
        ("cache-control", "private"),
    )


async def later(error: IdempotencyError, request: Any) -> None: ...


@pytest.mark.parametrize("shape", [later, "problem"])
def test_a_shape_has_to_be_a_function_that_is_not_async(shape: Any) -> None:
    with pytest.raises(ConfigurationError, match="refusal_response="):
        Idempotency("postgresql://nowhere.invalid/", refusal_response=shape)
