"""External effects behind Starlette: what counts as an answer, as nothing, and as unknown."""

from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from starlette.responses import JSONResponse

from idem_runtime import Idempotency, NotExecuted, money_moving
from tests.runtime.adapters.asking import Database, Transfer, asked, tenant
from tests.runtime.adapters.contract import code


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant)


@pytest.fixture
def app(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)
    return app


def refused_by_the_rail() -> None:
    raise HTTPException(402, "no funds")


def perhaps_out_of_time() -> None:
    raise HTTPException(408)


def nothing_happened() -> None:
    raise NotExecuted


def nothing_happened_said_as_503() -> None:
    raise HTTPException(503) from NotExecuted("the rail is closed")


def nothing_happened_said_twice_removed() -> None:
    try:
        nothing_happened_said_as_503()
    except HTTPException as error:
        raise HTTPException(502) from error


def timed_out() -> None:
    raise TimeoutError


def timed_out_after_nothing_happened_elsewhere() -> None:
    try:
        nothing_happened()
    except NotExecuted:
        raise TimeoutError  # noqa: B904 - not from it: this is another outcome


@pytest.mark.parametrize("path", ["/async", "/sync"])
@pytest.mark.parametrize(
    ("happens", "first", "again", "runs"),
    [
        (refused_by_the_rail, 402, 402, 1),
        (perhaps_out_of_time, 408, 409, 1),
        (nothing_happened, 424, 200, 2),
        (nothing_happened_said_as_503, 503, 200, 2),
        (nothing_happened_said_twice_removed, 502, 200, 2),
        (timed_out, 424, "outcome_unknown", 1),
        (timed_out_after_nothing_happened_elsewhere, 424, "outcome_unknown", 1),
    ],
)
def test_only_what_the_handler_says_is_an_external_answer_and_what_it_did_not_expect_is_unknown(
    app: FastAPI, idem: Idempotency, db: Database, path: str, happens: Any, first: int, again: Any, runs: int
) -> None:
    ran: list[int] = []
    for kind in (TimeoutError, NotExecuted):
        app.add_exception_handler(kind, lambda request, error: JSONResponse({}, 424))

    def called() -> str:
        ran.append(1)
        if len(ran) == 1:
            happens()
        return "paid"

    @app.post("/async")
    @money_moving(effect="external")
    async def a(body: Transfer) -> str:
        return called()

    @app.post("/sync")
    @money_moving(effect="external")
    def s(body: Transfer) -> str:
        return called()

    answers = asked(idem, app, {"path": path}, {"path": path})
    assert answers[0].status_code == first
    assert (code(answers[1]) if again == "outcome_unknown" else answers[1].status_code) == again
    assert len(ran) == runs


@pytest.mark.parametrize("told", [{"id": 1}, JSONResponse({"id": 1}), True, "done"])
@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_a_reconcile_that_tells_no_response_is_the_programs_error_and_the_outcome_stays_unknown(
    app: FastAPI, idem: Idempotency, db: Database, path: str, told: Any
) -> None:
    ran: list[int] = []
    tells = [told, None]

    def called() -> None:
        ran.append(1)
        raise RuntimeError

    @app.post("/async")
    @money_moving(effect="external", reconcile=lambda attempt: tells.pop(0))
    async def a(body: Transfer) -> None:
        called()

    @app.post("/sync")
    @money_moving(effect="external", reconcile=lambda attempt: tells.pop(0))
    def s(body: Transfer) -> None:
        called()

    crashed, misread, again = asked(idem, app, *[{"path": path}] * 3)
    assert (crashed.status_code, misread.status_code, code(again)) == (500, 500, "outcome_unknown")
    assert (len(ran), tells) == (1, [])
