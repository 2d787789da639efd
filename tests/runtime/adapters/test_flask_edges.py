"""Flask: what surrounds the view. Hosts and mounts, hooks and decorators, the session and ``g`` on a second way through."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import psycopg
import pytest
from flask import Flask, abort, after_this_request, appcontext_pushed, g, request, session
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from idem_runtime import Idempotency, KeyReused, NotExecuted, money_moving
from tests.runtime.adapters.contract import ledger, records

Database = psycopg.Connection[Any]
INSERT = "INSERT INTO ledger (who, amount) VALUES (%s, 5)"
KEY = {"idempotency-key": "k", "x-tenant": "alice"}


@pytest.fixture
def idem(dsn: str) -> Iterator[Idempotency]:
    made = Idempotency(dsn, principal=lambda asked: asked.headers["x-tenant"], pool_size=4)
    yield made
    made.close()


def bank(idem: Idempotency, **options: Any) -> Flask:
    app = Flask(__name__, **options)
    app.secret_key = "k" * 32
    idem.init_app(app)
    return app


def pay(idem: Idempotency, who: str = "alice") -> Callable[[], dict[str, str]]:
    @money_moving
    def view() -> dict[str, str]:
        idem.sync_connection().execute(INSERT, (who,))
        return {"who": who}

    return view


def payers(db: Database) -> list[str]:
    return [str(row[0]) for row in db.execute("SELECT who FROM ledger ORDER BY id")]


def test_a_key_under_another_mount_is_refused_and_neither_replayed_nor_run(
    idem: Idempotency, db: Database
) -> None:
    apps = {name: bank(idem) for name in ("eur", "usd")}
    for name, app in apps.items():
        app.add_url_rule("/pay", view_func=pay(idem, name), endpoint="pay", methods=["POST"])
    client = Client(DispatcherMiddleware(Flask("root"), {f"/{name}": app for name, app in apps.items()}))
    assert client.post("/eur/pay", headers=KEY).get_json() == {"who": "eur"}
    refused = client.post("/usd/pay", headers=KEY)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "key_reused")
    assert client.post("/usd/pay", headers={**KEY, "idempotency-key": "l"}).status_code == 200
    assert client.post("/eur/pay", headers=KEY).headers["idempotent-replayed"] == "true"
    assert payers(db) == ["eur", "usd"]


def test_hosts_are_operations_of_their_own(idem: Idempotency, db: Database) -> None:
    app = bank(idem, host_matching=True, static_host="static.bank")
    for name in ("eur", "usd"):
        app.add_url_rule(
            "/pay", view_func=pay(idem, name), endpoint=name, methods=["POST"], host=f"{name}.bank"
        )
    for name in ("eur", "usd"):
        answer = app.test_client().post("/pay", base_url=f"http://{name}.bank", headers=KEY)
        assert answer.get_json() == {"who": name}
    assert payers(db) == ["eur", "usd"]


def conflicting_once() -> Callable[[], None]:
    left = [psycopg.errors.SerializationFailure("once")]

    def conflict() -> None:
        if left:
            raise left.pop()

    return conflict


def test_a_second_way_through_starts_as_the_first(idem: Idempotency, db: Database) -> None:
    app, conflict, done = bank(idem), conflicting_once(), []

    def who(*_: Any, **__: Any) -> None:
        g.who = "alice"

    @app.before_request
    def collect() -> None:
        g.setdefault("entries", []).append(g.who)

    @app.post("/pay")
    @money_moving
    def view() -> dict[str, Any]:
        for each in g.entries:
            idem.sync_connection().execute(INSERT, (each,))
        g.who = "left over"
        seen, session["seen"] = session.get("seen", 0), 1
        after_this_request(lambda response: done.append(seen) or response)
        conflict()
        return {"seen": seen}

    with appcontext_pushed.connected_to(who, app):  # an extension's, before the request is dispatched
        answer = app.test_client().post("/pay", headers=KEY)
    assert (answer.get_json(), done, payers(db)) == ({"seen": 0}, [0], ["alice"])
    assert "session=" in answer.headers["set-cookie"]


def test_an_unused_session_leaves_no_trace(idem: Idempotency, db: Database) -> None:
    app = bank(idem)
    app.add_url_rule("/pay", view_func=pay(idem), endpoint="pay", methods=["POST"])
    answer = app.test_client().post("/pay", headers=KEY)
    assert "vary" not in answer.headers
    assert ledger(db) == [5]


def test_what_a_decorator_raises_after_the_view_undoes_the_effect(idem: Idempotency, db: Database) -> None:
    app = bank(idem)

    def limited(function: Callable[[], Any]) -> Callable[[], Any]:
        @wraps(function)
        def around() -> Any:
            function()
            abort(409)

        return around

    app.add_url_rule("/pay", view_func=limited(pay(idem)), endpoint="pay", methods=["POST"])
    client = app.test_client()
    assert [client.post("/pay", headers=KEY).status_code for _ in range(2)] == [409, 409]
    assert (ledger(db), records(db)) == ([], 1)


def test_a_body_that_is_too_large_is_413_and_the_key_is_free(idem: Idempotency, db: Database) -> None:
    app = bank(idem)
    app.config["MAX_CONTENT_LENGTH"] = 10
    app.add_url_rule("/pay", view_func=pay(idem), endpoint="pay", methods=["POST"])
    client = app.test_client()
    assert client.post("/pay", headers=KEY, data=b"x" * 11).status_code == 413
    assert client.post("/pay", headers=KEY, data=b"x").status_code == 200
    assert ledger(db) == [5]


def time_out() -> None:
    raise TimeoutError


def forbid() -> None:
    abort(403)


EXTERNAL: list[tuple[str, Callable[[], None], list[tuple[int, str | None]]]] = [
    ("an unexpected exception, mapped", time_out, [(424, None), (409, "outcome_unknown")]),
    ("a refusal of its own", forbid, [(403, None), (403, None)]),
]


@pytest.mark.parametrize(
    ("effect", "answers"), [case[1:] for case in EXTERNAL], ids=[case[0] for case in EXTERNAL]
)
def test_an_external_view_that_raises(
    idem: Idempotency, db: Database, effect: Callable[[], None], answers: list[tuple[int, str | None]]
) -> None:
    app = bank(idem)
    app.register_error_handler(TimeoutError, lambda error: ({}, 424))

    @app.post("/pay")
    @money_moving(effect="external")
    def view() -> Any:
        effect()

    client = app.test_client()
    for status, code in answers:
        answer = client.post("/pay", headers=KEY)
        found = answer.get_json(silent=True) or {}
        assert (answer.status_code, found.get("code")) == (status, code)


def test_not_executed_behind_an_http_error_frees_the_key(idem: Idempotency, db: Database) -> None:
    app, runs = bank(idem), []

    @app.post("/pay")
    @money_moving(effect="external")
    def view() -> Any:
        runs.append(1)
        try:
            abort(503)
        except Exception as error:
            raise error from NotExecuted()

    client = app.test_client()
    assert [client.post("/pay", headers=KEY).status_code for _ in range(2)] == [503, 503]
    assert (len(runs), records(db)) == (2, 0)


def test_a_nested_refusal_is_answered_as_what_it_is(idem: Idempotency, db: Database) -> None:
    app = bank(idem)
    idem.install()

    @money_moving(operation="leg", key=lambda amount: "leg")
    def leg(amount: int, ours: Any = idem.lent) -> int:
        ours.execute(INSERT, (str(amount),))
        return amount

    @app.post("/pay")
    @money_moving
    def view() -> dict[str, int]:
        return {"paid": leg(int(request.args["amount"]))}

    client = app.test_client()
    assert client.post("/pay?amount=1", headers=KEY).get_json() == {"paid": 1}
    refused = client.post("/pay?amount=2", headers={**KEY, "idempotency-key": "l"})
    assert (refused.status_code, refused.get_json()["code"]) == (KeyReused.http_status, KeyReused.code)
    assert payers(db) == ["1"]


def test_two_requests_at_once_do_not_share_what_they_restore(idem: Idempotency, db: Database) -> None:
    app, both = bank(idem), threading.Barrier(2, timeout=60)

    @app.post("/pay")
    @money_moving
    def view() -> dict[str, str]:
        g.who = request.headers["x-who"]
        both.wait()
        idem.sync_connection().execute(INSERT, (g.who,))
        return {"who": g.who}

    def call(who: str) -> None:
        app.test_client().post("/pay", headers={**KEY, "idempotency-key": who, "x-who": who})

    threads = [threading.Thread(target=call, args=(who,)) for who in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(payers(db)) == ["a", "b"]
