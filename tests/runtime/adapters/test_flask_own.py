"""What is Flask's own: conflicts, hooks, start-up checks, functions called in a view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask, Response, g, request
from flask.views import View

from idem_runtime import Idempotency, money_moving
from idem_runtime.model import Request as ModelRequest
from idem_runtime.protocol.fingerprint import of_request
from tests.runtime.adapters.contract import ledger, records

INSERT = "INSERT INTO ledger (amount) VALUES (%s)"
Database = psycopg.Connection[Any]


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    idem = Idempotency(dsn, principal=lambda request: request.headers["x-tenant"], retries=2)
    yield idem
    idem.close()


@pytest.fixture
def app(idem: Idempotency) -> Flask:
    app = Flask("own")
    idem.init_app(app)
    return app


def post(app: Flask, path: str = "/t", **more: Any) -> Any:
    headers = {"x-tenant": "alice", "idempotency-key": "k"}
    return app.test_client().post(path, headers=headers, **{"json": {"amount": 5}, **more})


@pytest.mark.parametrize(("times", "status", "amounts"), [(2, 200, [5]), (9, 503, [])])
def test_a_conflict_dispatches_again(
    app: Flask, idem: Idempotency, db: Database, times: int, status: int, amounts: list[int]
) -> None:
    left = [None] * times

    @app.post("/t")
    @money_moving
    def t(db: Any = idem.lent) -> str:
        db.execute(INSERT, (request.get_json()["amount"],))
        if left:
            left.pop()
            raise psycopg.errors.SerializationFailure
        return "done"

    assert post(app).status_code == status
    assert ledger(db) == amounts


def test_a_conflict_at_commit_dispatches_again(app: Flask, idem: Idempotency, db: Database) -> None:
    runs: list[int] = []

    @app.post("/t")
    @money_moving
    def t(db: Any = idem.lent) -> str:
        runs.append(1)
        db.execute(INSERT, (5,))
        if len(runs) == 1:
            db.execute("CREATE CONSTRAINT TRIGGER conflict AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED"
                       " FOR EACH ROW EXECUTE FUNCTION conflict()")  # fmt: skip
            db.execute(INSERT, (6,))
        return "done"

    db.execute("CREATE OR REPLACE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS"
               " $$ BEGIN RAISE SQLSTATE '40001'; END $$")  # fmt: skip
    assert post(app).text == "done"
    assert (ledger(db), len(runs)) == ([5], 2)


def test_a_form_may_be_read_before_the_view_and_still_counts(
    app: Flask, idem: Idempotency, db: Database
) -> None:
    app.before_request(lambda: request.form.get("amount") and None)

    @app.post("/t")
    @money_moving
    def t(db: Any = idem.lent) -> str:
        db.execute(INSERT, (int(request.form["amount"]),))
        return request.form["amount"]

    answers = [post(app, json=None, data={"amount": amount}) for amount in (5, 5, 6)]
    assert [(each.status_code, each.headers.get("idempotent-replayed")) for each in answers] == [
        (200, None),
        (200, "true"),
        (409, None),
    ]


def test_hooks_see_the_replay_too(app: Flask, idem: Idempotency, db: Database) -> None:
    @app.after_request
    def allow_origin(response: Response) -> Response:
        response.headers["access-control-allow-origin"] = "*"
        return response

    @app.post("/t")
    @money_moving
    def t(db: Any = idem.lent) -> str:
        db.execute(INSERT, (5,))
        return "done"

    assert [post(app).headers["access-control-allow-origin"] for _ in range(2)] == ["*", "*"]


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_function_called_in_a_view_has_its_own_key_where_functions_are_installed(
    app: Flask, idem: Idempotency, db: Database, colour: str
) -> None:
    @money_moving(operation="entry", key=lambda name: name, principal=lambda name: "system")
    def entry(name: str, db: Any = idem.lent) -> int:
        db.execute(INSERT, (7,))
        return 1

    @money_moving(effect="external", operation="call", key=lambda name: name, principal=lambda name: "system")
    async def call(name: str) -> int:
        return 1

    @app.post("/t")
    @money_moving(effect="external")
    async def t() -> str:
        await (call("a") if colour == "async" else _sync(lambda: entry("a")))
        return "done"

    assert post(app).status_code == 500
    db.execute("TRUNCATE idempotency_records")
    idem.install()
    assert post(app).text == "done"


async def _sync(call: Any) -> None:
    call()


def test_a_lost_race_answers_what_the_winner_committed(
    app: Flask, idem: Idempotency, dsn: str, db: Database
) -> None:
    idem.without_lock()
    headers = (("content-type", "application/json"),)
    known = of_request(ModelRequest("POST", "/t", headers, body=b'{"amount":5}')).stored

    @app.post("/t")
    @money_moving
    def t(db: Any = idem.lent) -> str:
        db.execute(INSERT, (5,))
        with psycopg.connect(dsn) as rival:
            rival.execute(
                "INSERT INTO idempotency_records SELECT '5:alice7:POST /t', 'k', 'COMPLETED', %s, %s, 'theirs',"
                " now() + '1 h', null, null, now()",
                (known, '{"status": 202, "headers": []}'),
            )
        return "ours"

    answer = post(app)
    assert (answer.status_code, answer.data, answer.headers["idempotent-replayed"]) == (
        202,
        b"theirs",
        "true",
    )
    assert ledger(db) == []


def test_a_broken_transaction_is_told_even_where_the_view_failed(
    app: Flask, idem: Idempotency, db: Database
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = True

    @app.post("/t")
    @money_moving
    def t(db: Any = idem.lent) -> str:
        db.execute(INSERT, (5,))
        db.execute("COMMIT")
        raise RuntimeError

    assert post(app).json["code"] == "transaction_broken"
    assert post(app).json["code"] == "outcome_unknown"


def test_a_claim_that_conflicts_comes_again(
    app: Flask, idem: Idempotency, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idem_runtime.model import StoreError
    from idem_runtime.protocol import local_effect

    real, left = local_effect.admit, [1]

    def admit(*args: Any, **kwargs: Any) -> Any:
        if left:
            left.pop()
            raise StoreError("40001")
        return (yield from real(*args, **kwargs))

    monkeypatch.setattr(local_effect, "admit", admit)

    @app.post("/t")
    @money_moving
    def t(db: Any = idem.lent) -> str:
        db.execute(INSERT, (5,))
        return "done"

    assert post(app).text == "done"


def test_an_error_before_the_view_is_flasks_own(app: Flask, idem: Idempotency, db: Database) -> None:
    @app.before_request
    def broken() -> None:
        raise RuntimeError

    @app.post("/t")
    @money_moving
    def t(db: Any = idem.lent) -> None: ...

    assert post(app).status_code == 500
    assert post(app, "/nothing").status_code == 500
    assert records(db) == 0


@pytest.mark.parametrize("effect", ["local", "external"])
@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_view_has_its_connection_in_g_while_it_runs(
    app: Flask, idem: Idempotency, db: Database, colour: str, effect: Any
) -> None:
    seen: list[bool] = []

    def write() -> str:
        seen.append("idem_connection" in g)
        g.idem_connection.execute(INSERT, (5,))
        if request.get_json()["amount"] == 6:
            raise ValueError
        return "done"

    @app.post("/sync")
    @money_moving(effect=effect)
    def sync_view() -> str:
        return write()

    @app.post("/async")
    @money_moving(effect=effect)
    async def async_view() -> str:
        return write()

    @app.after_request
    def after(response: Response) -> Response:
        seen.append("idem_connection" in g)
        return response

    answers = [post(app, f"/{colour}"), post(app, f"/{colour}")]
    assert [each.text for each in answers] == ["done", "done"]
    assert seen == [True, False, False], "the view, after it, after its replay"
    seen.clear()
    failed = app.test_client().post(
        f"/{colour}", json={"amount": 6}, headers={"x-tenant": "bob", "idempotency-key": "k"}
    )
    assert (failed.status_code, seen) == (500, [True, False])
    assert ledger(db) == [5]


def test_a_view_class_without_methods_by_name_is_admitted(
    app: Flask, idem: Idempotency, db: Database
) -> None:
    class Paying(View):
        methods = ["POST"]

        @money_moving
        def dispatch_request(self) -> str:
            idem.sync_connection().execute(INSERT, (5,))
            return "done"

    app.add_url_rule("/t", view_func=Paying.as_view("paying"))
    assert [post(app).text for _ in range(2)] == ["done", "done"]
    assert ledger(db) == [5]
