"""What becomes of a route's answer: validated, serialized, recorded, replayed, refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.event_handler import (
    ALBResolver,
    APIGatewayHttpResolver,
    APIGatewayRestResolver,
    CORSConfig,
    Response,
)
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.shared.cookies import Cookie
from pydantic import BaseModel

from idem_runtime import Idempotency, IdempotencyError, money_moving
from idem_runtime import Response as OwnResponse
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.powertools.asking import INSERT, ask, ask_async, code, idempotency, posted

Database = psycopg.Connection[Any]
Lent = psycopg.Connection[Any]


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    with idempotency(dsn) as made:
        yield made


@pytest.fixture(params=[ask, ask_async], ids=["sync", "async"])
def way(request: pytest.FixtureRequest) -> Any:
    return request.param


class Transfer(BaseModel):
    amount: int


class Done(BaseModel):
    paid: int


def test_a_refusal_and_a_replay_are_not_held_to_what_the_handler_returns(
    idem: Idempotency, db: Database, way: Any
) -> None:
    app = APIGatewayRestResolver(enable_validation=True)
    idem.install(app)

    @app.post("/t")
    @money_moving
    def t(transfer: Transfer, db: Lent = idem.lent) -> Done:
        db.execute(INSERT, (transfer.amount,))
        return Done(paid=transfer.amount)

    first, again = way(app, "/t"), way(app, "/t")
    assert (first.status_code, first.json()) == (200, {"paid": 5})
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert code(way(app, "/t", None)) == "key_missing"
    assert code(way(app, "/t", body=b'{"amount": 6}')) == "key_reused"
    assert way(app, "/t", "other", body=b'{"amount": "many"}').status_code == 422
    assert (ledger(db), records(db)) == ([5], 1)


@pytest.mark.parametrize("status", [None, 500, 409])
def test_what_fails_the_validation_of_responses_undoes_the_effect_and_frees_the_key(
    idem: Idempotency, db: Database, way: Any, status: int | None
) -> None:
    """It looks like a refusal of the request, which would be recorded."""
    app = APIGatewayRestResolver(enable_validation=True, response_validation_error_http_code=status)
    idem.install(app)
    returned: list[Any] = ["no model", Done(paid=5)]

    @app.post("/t")
    @money_moving
    def t(transfer: Transfer, db: Lent = idem.lent) -> Done:
        db.execute(INSERT, (transfer.amount,))
        return returned.pop(0)  # type: ignore[no-any-return]

    assert way(app, "/t").status_code == (status or 422)
    assert (ledger(db), records(db)) == ([], 0)
    assert way(app, "/t").status_code == 200
    assert ledger(db) == [5]


def test_a_response_that_fails_its_validation_leaves_an_external_effect_unknown(
    idem: Idempotency, db: Database
) -> None:
    app = APIGatewayRestResolver(enable_validation=True)
    idem.install(app)

    @app.post("/t")
    @money_moving(effect="external")
    def t() -> Done:
        return "no model"  # type: ignore[return-value]

    assert ask(app, "/t").status_code == 422
    assert code(ask(app, "/t")) == "outcome_unknown"


def test_an_error_of_the_handler_itself_is_recorded_where_it_is_an_answer(
    idem: Idempotency, db: Database, way: Any
) -> None:
    app, runs = APIGatewayRestResolver(enable_validation=True), []
    idem.install(app)

    @app.post("/t")
    @money_moving
    def t(transfer: Transfer, db: Lent = idem.lent) -> Done:
        runs.append(1)
        db.execute(INSERT, (transfer.amount,))
        raise ServiceError(422, "too much")

    assert [way(app, "/t").status_code for _ in range(2)] == [422, 422]
    assert (ledger(db), records(db), len(runs)) == ([], 1, 1)


def test_a_success_that_an_exception_handler_makes_of_an_error_is_told_as_an_error(
    idem: Idempotency, db: Database, way: Any
) -> None:
    app = APIGatewayRestResolver(enable_validation=True)
    idem.install(app)

    @app.exception_handler(KeyError)
    def fine(_: KeyError) -> Response[str]:
        return Response(200, "text/plain", "fine")

    @app.post("/raising")
    @money_moving
    def raising(db: Lent = idem.lent) -> Any:
        db.execute(INSERT, (5,))
        raise KeyError

    def after(app: Any, next_middleware: Any) -> Any:
        next_middleware(app)
        raise KeyError

    @app.post("/after", middlewares=[after])
    @money_moving
    def raised_after(db: Lent = idem.lent) -> Any:
        db.execute(INSERT, (5,))
        return {}

    assert code(way(app, "/raising")) == "raised_success"
    assert code(way(app, "/after")) == "raised_success"
    assert (ledger(db), records(db)) == ([], 0)


@pytest.mark.parametrize("validated", [True, False])
def test_what_cannot_become_json_is_found_out_before_anything_is_committed(
    idem: Idempotency, db: Database, way: Any, validated: bool
) -> None:
    app = APIGatewayRestResolver(enable_validation=validated)
    idem.install(app)
    returned: list[Any] = [{"is": {object()}}, {"is": 1}]

    @app.post("/t")
    @money_moving
    def t(db: Lent = idem.lent):
        db.execute(INSERT, (5,))
        return returned.pop(0)

    with pytest.raises(Exception, match=r"(?i)object"):
        way(app, "/t")
    assert (ledger(db), records(db)) == ([], 0)
    assert way(app, "/t").json() == {"is": 1}
    assert ledger(db) == [5]


def test_the_resolvers_own_serializer_writes_what_is_recorded(idem: Idempotency, db: Database) -> None:
    app, calls = APIGatewayRestResolver(serializer=lambda value: calls.append(value) or json.dumps(value)), []
    idem.install(app)

    @app.post("/t")
    @money_moving
    def t(db: Lent = idem.lent):
        db.execute(INSERT, (5,))
        return {"paid": 5}

    assert [ask(app, "/t").text for _ in range(2)] == ['{"paid": 5}'] * 2
    assert calls == [{"paid": 5}], "once, and not for the replay"


def test_what_is_outside_is_done_to_a_replay_as_to_the_first_answer(
    idem: Idempotency, db: Database, way: Any
) -> None:
    app = APIGatewayRestResolver(cors=CORSConfig(allow_origin="https://bank.example"))
    idem.install(app)

    def dated(app: Any, next_middleware: Any) -> Any:
        answer = next_middleware(app)
        answer.headers["X-Seen"] = "yes"
        return answer

    app.use([dated])

    @app.post("/t", compress=True)
    @money_moving
    def t(db: Lent = idem.lent):
        db.execute(INSERT, (5,))
        return {"paid": "x" * 100}

    headers = [("Accept-Encoding", "gzip"), ("Origin", "https://bank.example")]
    first, again = (way(app, "/t", headers=headers) for _ in range(2))
    plain = way(app, "/t", headers=headers[1:])
    assert again.headers["idempotent-replayed"] == plain.headers["idempotent-replayed"] == "true"
    assert first.json() == again.json() == plain.json() == {"paid": "x" * 100}
    for answer in (first, again):
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["access-control-allow-origin"] == "https://bank.example"
        assert answer.headers["x-seen"] == "yes"
    assert "content-encoding" not in plain.headers
    refused = way(app, "/t", None, headers=headers[1:])
    assert refused.headers["access-control-allow-origin"] == "https://bank.example"
    assert ledger(db) == [5]


def test_a_replay_is_what_was_recorded_whatever_middleware_makes_of_it(
    idem: Idempotency, db: Database, way: Any
) -> None:
    """What is not recorded is made anew: its own headers, and cookies."""
    app, seen = APIGatewayHttpResolver(), list[int]()
    idem.install(app)

    def enveloped(app: Any, next_middleware: Any) -> Any:
        answer = next_middleware(app)
        seen.append(answer.status_code)
        inner = json.loads(answer.body) if isinstance(answer.body, str) else answer.body
        answer.status_code, answer.body = (
            answer.status_code + 1,
            json.dumps({"data": inner, "seq": len(seen)}),
        )
        answer.headers |= {"Location": f"/{len(seen)}", "content-language": "en", "X-Seen": str(len(seen))}
        answer.cookies.append(Cookie("visit", str(len(seen))))
        return answer

    @app.post("/t", middlewares=[enveloped])
    @money_moving
    def t(db: Lent = idem.lent):
        db.execute(INSERT, (5,))
        return {"paid": 5}

    first, again = way(app, "/t", kind="http"), way(app, "/t", kind="http")
    assert (first.status_code, first.json()) == (201, {"data": {"paid": 5}, "seq": 1})
    assert (again.status_code, again.content) == (201, first.content)
    for name in ("location", "content-language", "content-type"):
        assert again.headers.get_list(name) == first.headers.get_list(name) != []
    assert (again.headers["x-seen"], again.headers["set-cookie"].split(";")[0]) == ("2", "visit=2")
    assert (seen, ledger(db)) == ([200, 201], [5])
    refused = way(app, "/t", None, kind="http")
    assert (refused.status_code, refused.json()["data"]["code"]) == (401, "key_missing"), "it is no replay"


def test_middleware_that_fails_after_a_replay_does_not_take_its_place(
    idem: Idempotency, db: Database, way: Any
) -> None:
    app, seen = APIGatewayRestResolver(), list[int]()
    idem.install(app)

    def fails_later(app: Any, next_middleware: Any) -> Any:
        answer = next_middleware(app)
        seen.append(1)
        if len(seen) > 1:
            raise ServiceError(409, "no")
        return answer

    @app.post("/t", middlewares=[fails_later])
    @money_moving
    def t(db: Lent = idem.lent):
        db.execute(INSERT, (5,))
        return {"paid": 5}

    assert [(answer.status_code, answer.json()) for answer in (way(app, "/t"), way(app, "/t"))] == [
        (200, {"paid": 5})
    ] * 2


def test_what_the_resolver_sets_takes_the_place_of_what_is_replayed(idem: Idempotency, db: Database) -> None:
    """As it does the first time: it looks for one spelling."""
    app = APIGatewayHttpResolver()
    idem.install(app)

    @app.post("/t", compress=True, cache_control="max-age=5")
    @money_moving
    def t(db: Lent = idem.lent):
        db.execute(INSERT, (5,))
        return Response(200, "text/plain", "x" * 100, headers={"Content-Encoding": "identity"})

    headers = [("Accept-Encoding", "gzip")]
    for key, caching in (("k", "max-age=5"), ("k", "max-age=5"), (None, "no-cache")):
        told = app.resolve(posted("/t", key, "http", headers=headers), None)["headers"]
        names = [name.lower() for name in told]
        assert sorted(names) == sorted(set(names))
        assert (told["Content-Encoding"], told["Cache-Control"]) == ("gzip", caching)


def test_a_response_that_asked_for_gzip_by_itself_replays_the_same_content(
    idem: Idempotency, db: Database
) -> None:
    app = APIGatewayRestResolver()
    idem.install(app)

    @app.post("/t")
    @money_moving
    def t(db: Lent = idem.lent):
        db.execute(INSERT, (5,))
        return Response(200, "text/plain", "x" * 100, compress=True)

    first, again = (ask(app, "/t", headers=[("Accept-Encoding", "gzip")]) for _ in range(2))
    assert first.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in again.headers, "which compression it asked for is not recorded"
    assert first.text == again.text == "x" * 100


def test_an_answer_that_is_too_large_for_the_balancer_is_found_out_before_anything_is_committed(
    dsn: str, db: Database, way: Any
) -> None:
    with idempotency(dsn, cap=5_000_000) as idem:
        app = ALBResolver(enable_response_size_validation=True)
        idem.install(app)
        returned: dict[str, Any] = {
            "too-large": {"a": "x" * 1_200_000},
            "large-as-text": {"a": ['"'] * 180_000},
            "large-when-it-is-replayed": Response(200, "text/plain", "x" * 1_200_000, compress=True),
        }

        @app.post("/t")
        @money_moving
        def t(db: Lent = idem.lent):
            db.execute(INSERT, (5,))
            return returned.get(app.current_event.headers["idempotency-key"], {"a": "x" * 900_000})

        for key in returned:
            refused = way(app, "/t", key, kind="alb", headers=[("accept-encoding", "gzip")])
            assert (code(refused), ledger(db), records(db)) == ("response_unstorable", [], 0), key
        assert [way(app, "/t", kind="alb").status_code for _ in range(2)] == [200, 200]
        assert ledger(db) == [5]


def test_what_an_unmarked_route_wrote_is_undone_where_its_answer_is_too_large(
    idem: Idempotency, db: Database
) -> None:
    app = ALBResolver(enable_response_size_validation=True)
    idem.install(app)

    @app.exception_handler(Exception)
    def too_large(error: Exception) -> Response[str]:
        return Response(413, "text/plain", type(error).__name__)

    @app.post("/t")
    def t():
        idem.sync_connection().execute(INSERT, (5,))
        return {"a": "x" * 1_200_000}

    assert ask(app, "/t", None, kind="alb").text == "ResponseSizeExceededError"
    assert ledger(db) == []


@pytest.mark.parametrize("body", [b"\x00\xff\x01", b"text", gzip.compress(b"paid", mtime=0), None, "text"])
def test_bytes_and_nothing_replay_as_they_were(idem: Idempotency, db: Database, body: Any) -> None:
    app = APIGatewayRestResolver()
    idem.install(app)

    @app.post("/t")
    @money_moving
    def t(db: Lent = idem.lent):
        db.execute(INSERT, (5,))
        return Response(
            200, "application/octet-stream", body, headers={"Link": ["</a>", "</b>"], "Vary": None}
        )  # type: ignore[dict-item]

    first, again = ask(app, "/t"), ask(app, "/t")
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers.get_list("link") == ["</a>", "</b>"]
    assert again.headers["content-type"] == first.headers["content-type"] == "application/octet-stream"
    assert ledger(db) == [5]


def test_a_refusal_is_shaped_by_the_application_and_knows_the_event(dsn: str, db: Database) -> None:
    def shaped(error: IdempotencyError, event: Any) -> OwnResponse:
        return OwnResponse(error.http_status, (("content-type", "text/plain"),), event.path.encode())

    with idempotency(dsn, refusal_response=shaped) as idem:
        app = APIGatewayRestResolver()
        idem.install(app)

        @app.post("/t")
        @money_moving
        def t(db: Lent = idem.lent):
            return {}

        assert (ask(app, "/t", None).status_code, ask(app, "/t", None).text) == (400, "/t")
