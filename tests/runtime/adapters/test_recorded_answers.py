"""Which answers stand for good: none that was the database's state of a moment, and a replay is what was answered first."""

import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import psycopg
import pytest
from fastapi import Depends, FastAPI, HTTPException
from flask import Flask, abort, make_response
from starlette.responses import JSONResponse

from idem_runtime import Idempotency, money_moving
from tests.runtime.adapters.asking import INSERT, Database, asked, tenant
from tests.runtime.adapters.contract import ledger, records

RAISING = "DO $$ BEGIN RAISE EXCEPTION 'once' USING ERRCODE = '{}'; END $$"
RERUN = ["40001", "40P01"]
MOMENTARY = ["53300", "55P03", "57014", "58030", "XX000"]
AWAY = ["25006", "57P01", "08006", "25P03"]
Asking = Callable[[], tuple[int, str | None]]


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    idem = Idempotency(dsn, principal=tenant)
    yield idem
    idem.close()


class Once:
    """Raises at its first call."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.calls = 0

    def __call__(self, connection: psycopg.Connection[Any]) -> None:
        self.calls += 1
        connection.execute(INSERT, (5,))
        if self.calls == 1:
            connection.execute(RAISING.format(self.state))


def by_a_handler(idem: Idempotency, once: Once) -> list[tuple[int, str | None]]:
    """FastAPI, whose exception handler answers every error of the database with 400."""
    app = FastAPI()
    idem.install(app)
    app.add_exception_handler(psycopg.Error, lambda request, error: JSONResponse({"error": "database"}, 400))

    @app.post("/t", status_code=201)
    @money_moving
    def t(db: Annotated[Any, Depends(idem.sync_connection)]) -> dict[str, bool]:
        once(db)
        return {"done": True}

    answers = asked(idem, app, {}, {})
    return [(answer.status_code, answer.headers.get("idempotent-replayed")) for answer in answers]


def by_the_view(idem: Idempotency, once: Once) -> list[tuple[int, str | None]]:
    """FastAPI, whose view raises 400 from every error of the database."""
    app = FastAPI()
    idem.install(app)

    @app.post("/t", status_code=201)
    @money_moving
    def t(db: Annotated[Any, Depends(idem.sync_connection)]) -> dict[str, bool]:
        try:
            once(db)
        except psycopg.Error as error:
            raise HTTPException(400) from error
        return {"done": True}

    answers = asked(idem, app, {}, {})
    return [(answer.status_code, answer.headers.get("idempotent-replayed")) for answer in answers]


def flask_app(idem: Idempotency) -> Flask:
    app = Flask("bank")
    idem.init_app(app)
    return app


def flask_asked(app: Flask, times: int = 2) -> list[Any]:
    headers = {"x-tenant": "alice", "idempotency-key": "k"}
    return [app.test_client().post("/t", json={}, headers=headers) for _ in range(times)]


def by_flask(idem: Idempotency, once: Once) -> list[tuple[int, str | None]]:
    """Flask, whose error handler answers every error of the database with 400."""
    app = flask_app(idem)

    @app.errorhandler(psycopg.Error)
    def answered(error: Exception) -> Any:
        return {"error": "database"}, 400

    @app.post("/t")
    @money_moving
    def t() -> Any:
        once(idem.sync_connection())
        return {"done": True}, 201

    return [(answer.status_code, answer.headers.get("idempotent-replayed")) for answer in flask_asked(app)]


WAYS = [by_a_handler, by_the_view, by_flask]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", RERUN)
def test_a_conflict_is_run_again_whatever_the_application_makes_of_it(
    idem: Idempotency, db: Database, way: Callable[..., Any], state: str
) -> None:
    once = Once(state)
    assert way(idem, once) == [(201, None), (201, "true")]
    assert (ledger(db), records(db), once.calls) == ([5], 1, 2)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("states", "status"), [(MOMENTARY, 400), (AWAY, 503)])
def test_an_answer_to_the_databases_state_of_a_moment_is_not_recorded(
    idem: Idempotency, db: Database, way: Callable[..., Any], states: list[str], status: int
) -> None:
    for state in states:
        db.execute("TRUNCATE ledger, idempotency_records")
        assert way(idem, Once(state)) == [(status, None), (201, None)], state
        assert (ledger(db), records(db)) == ([5], 1), state


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_to_a_violation_is_recorded(
    idem: Idempotency, db: Database, way: Callable[..., Any]
) -> None:
    assert way(idem, Once("23505")) == [(400, None), (400, "true")]
    assert (ledger(db), records(db)) == ([], 1)


def test_a_replay_is_not_changed_again_by_what_changed_the_answer(idem: Idempotency, db: Database) -> None:
    """An envelope, a status, a signature and a cookie that Flask's hooks add: the envelope is not put around itself."""
    app = flask_app(idem)
    app.secret_key = "of the session"
    seen: list[int] = []

    @app.after_request
    def enveloped(response: Any) -> Any:
        seen.append(response.status_code)
        response.set_data(json.dumps({"data": response.get_json()}))
        response.status_code = 202 if response.status_code == 201 else 418
        response.headers.add("Content-Language", f"answer {len(seen)}")
        response.headers["X-Request-Id"] = str(len(seen))
        response.set_cookie("visit", str(len(seen)))
        return response

    @app.post("/t")
    @money_moving
    def t() -> Any:
        idem.sync_connection().execute(INSERT, (5,))
        return make_response({"a": 1}, 201)

    first, again, third = flask_asked(app, 3)
    assert [answer.get_data() for answer in (again, third)] == [first.get_data()] * 2
    assert [answer.status_code for answer in (first, again, third)] == [202] * 3
    assert [answer.headers.getlist("Content-Language") for answer in (first, again, third)] == [
        ["answer 1"]
    ] * 3
    assert [answer.headers.getlist("Content-Length") for answer in (first, again)] == [
        [str(len(first.get_data()))]
    ] * 2
    assert [answer.headers["X-Request-Id"] for answer in (first, again, third)] == ["1", "2", "3"]
    assert "visit=2" in again.headers["Set-Cookie"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert ledger(db) == [5]


def test_a_refusal_goes_through_the_applications_hooks(idem: Idempotency, db: Database) -> None:
    app = flask_app(idem)

    @app.after_request
    def noted(response: Any) -> Any:
        response.headers["X-Seen"] = "yes"
        return response

    @app.post("/t")
    @money_moving
    def t() -> Any:
        idem.sync_connection()
        abort(402)

    refused = app.test_client().post("/t", json={}, headers={"x-tenant": "alice"})
    assert (refused.status_code, refused.headers["X-Seen"]) == (400, "yes")
