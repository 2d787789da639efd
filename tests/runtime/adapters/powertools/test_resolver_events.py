"""One request is the same request in whichever format it comes."""

from __future__ import annotations

import math
from typing import Any

import psycopg
import pytest

from idem_runtime import ConfigurationError, Idempotency, money_moving
from idem_runtime.adapters.powertools.resolver_event import body_of, request_of
from tests.runtime.adapters.contract import ledger
from tests.runtime.adapters.powertools.asking import INSERT, ask, code, idempotency, posted
from tests.runtime.adapters.powertools.bank import amount_of
from tests.runtime.adapters.powertools.events import FORMATS, response_of
from tests.runtime.adapters.powertools.resolvers import KINDS

Database = psycopg.Connection[Any]


def read(event: dict[str, Any], kind: str) -> Any:
    return KINDS[kind]()._to_proxy_event(event)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("in_base64", [False, True])
def test_a_request_is_read_alike_in_every_format(kind: str, in_base64: bool) -> None:
    event = read(posted("/a/b", kind=kind, query="x=1&y=", in_base64=in_base64), kind)
    request = request_of(event, (("name", "b"),))
    assert (request.method, request.path) == ("POST", "/a/b")
    assert request.header("Idempotency-Key") == ("k",)
    assert (request.query, request.path_params) == ((("x", "1"), ("y", "")), (("name", "b"),))
    assert body_of(event) == b'{"amount": 5}'


@pytest.mark.parametrize("kind", FORMATS)
def test_a_request_without_body_has_none(kind: str) -> None:
    assert body_of(read({**posted("/t", kind=kind), "body": None}, kind)) == b""


@pytest.mark.parametrize("kind", ["rest", "http", "url", "alb multi", "lattice v2"])
def test_repeated_fields_of_the_query_are_all_read(kind: str) -> None:
    event = read(posted("/t", kind=kind, query="x=1&x=2"), kind)
    assert request_of(event, ()).query == (("x", "1"), ("x", "2"))


def test_a_comma_in_the_query_is_not_taken_for_a_repeated_field_where_the_event_has_its_text() -> None:
    two, one = (read(posted("/t", kind="http", query=query), "http") for query in ("x=1&x=2", "x=1%2C2"))
    assert request_of(two, ()).query != request_of(one, ()).query


def test_text_with_half_a_character_is_a_body_like_others() -> None:
    assert body_of(read({**posted("/t"), "body": '{"memo": "\ud800"}'}, "rest")).startswith(b'{"memo": "')


def transfers(idem: Idempotency, kind: str) -> Any:
    app = KINDS[kind]()
    idem.install(app)

    @app.post("/transfers/<name>")
    @money_moving
    def transfer(name: str, db: psycopg.Connection[Any] = idem.lent):
        db.execute(INSERT, (amount_of(app),))
        return {"name": name}, 201

    return app


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_executes_once_and_replays(dsn: str, db: Database, kind: str) -> None:
    with idempotency(dsn) as idem:
        app = transfers(idem, kind)
        first = ask(app, "/transfers/a", kind=kind)
        again = ask(app, "/transfers/a", kind=kind, in_base64=True)
        other = ask(app, "/transfers/a", kind=kind, body=b'{"amount": 6}')
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotent-replayed"] == "true", "the same bytes in base64 are the same request"
    assert code(other) == "key_reused"
    assert ledger(db) == [5]


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "alb"])
@pytest.mark.parametrize("key", ["k", '"k"', "other"])
def test_a_repeated_key_is_refused_whether_its_values_are_listed_or_joined(
    dsn: str, db: Database, kind: str, key: str
) -> None:
    with idempotency(dsn) as idem:
        answer = ask(transfers(idem, kind), "/transfers/a", kind=kind, headers=[("Idempotency-Key", key)])
    assert (answer.status_code, code(answer)) == (400, "key_invalid")
    assert ledger(db) == []


def test_a_load_balancer_without_multi_value_headers_hands_on_the_last_value_only(
    dsn: str, db: Database
) -> None:
    with idempotency(dsn) as idem:
        app = transfers(idem, "alb")
        assert ask(app, "/transfers/a", "k", kind="alb", headers=[("Idempotency-Key", "first")]).is_success
        assert ask(app, "/transfers/a", "k", kind="alb").headers["idempotent-replayed"] == "true"


def test_a_stage_in_the_path_is_no_part_of_the_request(dsn: str, db: Database) -> None:
    """API Gateway puts it there, and not behind a domain of one's own."""
    with idempotency(dsn) as idem:
        app = transfers(idem, "http")
        event = posted("/transfers/a", kind="http")
        staged = posted("/prod/transfers/a", kind="http")
        staged["requestContext"]["stage"] = "prod"
        app.resolve(event, None)
        assert app.resolve(staged, None)["headers"]["idempotent-replayed"] == "true"


def test_a_stripped_prefix_belongs_to_the_request(dsn: str, db: Database) -> None:
    """It may be one of two tenants, or one of two stages: nothing here can tell."""
    with idempotency(dsn) as idem:
        app = KINDS["rest"](strip_prefixes=["/one", "/two"])
        idem.install(app)

        @app.post("/t")
        @money_moving
        def t(db: psycopg.Connection[Any] = idem.lent):
            db.execute(INSERT, (5,))
            return {}

        assert ask(app, "/one/t").is_success
        assert code(ask(app, "/two/t")) == "key_reused"
        assert ask(app, "/one/t").headers["idempotent-replayed"] == "true"
    assert ledger(db) == [5]


KEY = {"Idempotency-Key": ["k"], "X-Tenant": ["alice"]}


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"body": "not base64!", "isBase64Encoded": True}, "body is not base64"),
        ({"body": "{\u00e9}", "isBase64Encoded": True}, "body is not base64"),
        ({"body": {"amount": 5}}, "body is no text"),
        ({"multiValueHeaders": {**KEY, "X-Null": None}}, "header 'X-Null'"),
        ({"multiValueHeaders": {**KEY, "X-Null": [None]}}, "header 'X-Null'"),
        (
            {"multiValueHeaders": None, "headers": {"Idempotency-Key": "k", "X-Tenant": "alice", "X": None}},
            "header 'X'",
        ),
        ({"queryStringParameters": {"a": None}}, "field of the query 'a'"),
        ({"multiValueQueryStringParameters": {"a": [None]}}, "field of the query 'a'"),
    ],
)
def test_an_event_that_no_gateway_sends_is_told_what_is_wrong(
    dsn: str, db: Database, changed: dict[str, Any], what: str
) -> None:
    """Its headers, its query and its body are what the key and the fingerprint stand for."""
    with idempotency(dsn) as idem:
        app = transfers(idem, "rest")
        answer = response_of(app.resolve({**posted("/transfers/a"), **changed}, None))
    assert (answer.status_code, code(answer)) == (400, "key_invalid")
    assert what in answer.json()["detail"]
    assert ledger(db) == []


@pytest.mark.parametrize("said", [None, "1000", math.nan, math.inf])
def test_a_context_whose_remaining_time_is_no_number_is_named(dsn: str, db: Database, said: Any) -> None:
    class Said:
        def get_remaining_time_in_millis(self) -> Any:
            return said

    with (
        idempotency(dsn) as idem,
        pytest.raises(ConfigurationError, match=r"get_remaining_time_in_millis\(\)"),
    ):
        transfers(idem, "rest").resolve(posted("/transfers/a"), Said())
    assert ledger(db) == []


def test_an_invocation_without_a_context_has_no_deadline(dsn: str, db: Database) -> None:
    with idempotency(dsn) as idem:
        assert transfers(idem, "rest").resolve(posted("/transfers/a"), None)["statusCode"] == 201
