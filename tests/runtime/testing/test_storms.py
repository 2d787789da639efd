"""A storm holds an application to its promise, and finds out one that does not keep it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_args

import psycopg
import pytest

from idem_runtime import ConfigurationError
from idem_runtime.testing import Answer, Storm, assert_executed_once, storm
from idem_runtime.testing.crash_points import CrashPoint
from tests.runtime.testing import shop

SHOP = "tests.runtime.testing.shop"
HTTP: dict[str, Any] = {"path": "/transfers", "json": {"amount": 7}, "headers": {"X-Tenant": "alice"}}
OTHERS: dict[str, Any] = {"mismatch": {"amount": 8}, "other_tenant": {"x-tenant": "bob"}}
Count = Callable[[], int]


@pytest.fixture
def effects(dsn: str, db: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Count]:
    monkeypatch.setenv("SHOP_DSN", dsn)

    def count() -> int:
        row = db.execute("SELECT count(*) FROM ledger").fetchone()
        assert row is not None
        return int(row[0])

    yield count
    while shop.made:
        shop.made.pop().close()


@pytest.mark.parametrize("make", [shop.asgi, shop.wsgi])
def test_an_application_executes_duplicates_once(make: Callable[[], Any], effects: Count) -> None:
    came = storm(make(), **HTTP, **OTHERS, effects=effects)
    came.assert_executed_once()
    assert (came.executions, came.effects, came.other_effects) == (1, 1, 1)
    assert came.mismatch is not None
    assert came.mismatch.code == "key_reused"
    assert sum(answer.replayed for answer in came.answers) == 7


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_function_executes_duplicates_once(colour: str, effects: Count) -> None:
    made = shop.functions()
    came = storm(
        made[colour], args=("k", 7), mismatch=("k", 8), other_tenant=("k", 7, "bob"), effects=effects
    )
    came.assert_executed_once()
    assert {answer.body for answer in came.answers} == {b"7"}


POINTS: dict[CrashPoint, Any] = {
    "before_claim": pytest.mark.exhaustive,  # test_crash_points has all four in this process
    "after_claim": pytest.mark.exhaustive,
    "before_record": pytest.mark.slow,
    "after_record": pytest.mark.exhaustive,
}


def test_every_point_is_killed_at() -> None:
    assert tuple(POINTS) == get_args(CrashPoint)


@pytest.mark.parametrize("point", [pytest.param(point, marks=mark) for point, mark in POINTS.items()])
def test_a_kill_at_any_point_leaves_one_effect(point: CrashPoint, effects: Count) -> None:
    came = storm(f"{SHOP}:asgi()", **HTTP, **OTHERS, kill_at=point, effects=effects)
    came.assert_executed_once()
    assert came.executions == (0 if point == "after_record" else 1)


@pytest.mark.slow
def test_an_external_effect_that_was_killed_is_made_at_most_once(effects: Count) -> None:
    came = storm(f"{SHOP}:external()", args=("k",), kill_at="before_record", effects=effects)
    came.assert_at_most_once()
    assert came.effects == 1
    with pytest.raises(AssertionError, match="nobody was told that it was done"):
        came.assert_executed_once()


def test_an_application_without_a_mark_is_found_out(effects: Count) -> None:
    came = storm(f"{SHOP}:unmarked()", **HTTP, effects=effects, duplicates=3)
    assert came.effects == 3
    with pytest.raises(AssertionError, match="is the handler @money_moving"):
        came.assert_executed_once()


def test_a_point_that_is_never_come_to_is_an_error_with_the_answer(effects: Count) -> None:
    with pytest.raises(ConfigurationError, match=r'killed there, and was not: 201 \{"amount":7\}'):
        storm(f"{SHOP}:unmarked()", **HTTP, kill_at="after_claim")


def test_what_an_application_raises_is_a_500(effects: Count) -> None:
    came = storm(shop.asgi(), "/broken", headers={"x-tenant": "alice"}, body=b"", key="k", duplicates=1)
    assert came.answers[0].status == 500
    with pytest.raises(AssertionError, match="a duplicate was answered otherwise: 500 Internal Server Error"):
        came.assert_at_most_once()


async def _raises(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError(scope["type"])


async def _waits(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads on until its caller has gone does not see that happen."""
    if scope["type"] == "lifespan":
        raise RuntimeError
    await receive()
    with pytest.raises(TimeoutError):
        import asyncio

        await asyncio.wait_for(receive(), 0.01)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    raise RuntimeError


def _wsgi_raises(environ: Any, start_response: Any) -> Any:
    raise RuntimeError(environ["QUERY_STRING"])


def test_applications_that_raise_are_answered_for_as_a_server_does() -> None:
    given = (
        storm(_raises, "/", duplicates=1),
        storm(_waits, "/", duplicates=1),
        storm(_wsgi_raises, "/?a=1", duplicates=1),
    )
    said = [(came.answers[0].status, came.answers[0].body) for came in given]
    assert said == [(500, b"RuntimeError: http"), (204, b""), (500, b"RuntimeError: a=1")]


async def _fails_to_start(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})


def test_an_application_that_does_not_start_says_why(effects: Count) -> None:
    with pytest.raises(ConfigurationError, match=r"the application does not start: (?s:.*)/transfers"):
        storm(shop.unstarted(), "/transfers")
    with pytest.raises(ConfigurationError, match=r"the application does not start: no database"):
        storm(_fails_to_start, "/transfers")


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_what_a_function_raises_is_its_callers_answer(colour: str, effects: Count) -> None:
    made = shop.functions()
    refused = storm(made[colour], args=("", 7), duplicates=1)
    failed = storm(made[colour], args=("k", "no number"), duplicates=1)
    assert (refused.answers[0].status, refused.answers[0].code) == (400, "key_invalid")
    assert failed.answers[0].status == 500
    assert failed.answers[0].code is None


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"target": "shop", **HTTP}, '"module:attribute", or "module:function\\(\\)"'),
    ({"target": shop.pay, "json": {}}, "are for an application, with a path"),
    ({"target": shop.asgi, **HTTP, "args": (1,)}, "args= and kwargs= are for a function"),
    ({"target": shop.asgi, "path": "/", "json": {}, "body": b""}, "json= or body=, not both"),
    ({"target": shop.asgi, **HTTP, "duplicates": 0}, "one at least"),
    ({"target": shop.asgi, **HTTP, "kill_at": "later"}, "one of before_claim, after_claim"),
    ({"target": shop.asgi, **HTTP, "kill_at": "after_claim"}, "give its name instead"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        storm(**given)


DONE = Answer(201, (), b'{"id": 1}')
AGAIN = Answer(201, (("Idempotent-Replayed", "true"),), b'{"id": 1}')
BUSY, LOST = Answer(409, body=b'{"code": "in_progress"}'), Answer(503, body=b'["not a problem"]')
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"answers": (DONE, Answer(201, body=b'{"id": 2}'))}, "successes differ"),
    ({"answers": (DONE, LOST)}, "a duplicate was answered otherwise: 503"),
    ({"answers": (DONE,), "executions": 2}, "2 executions of one key were recorded"),
    ({"answers": (DONE,), "effects": 2}, "the effect was made 2 times"),
    ({"answers": (BUSY,)}, "nobody was told"),
    ({"answers": (DONE,), "mismatch": DONE}, "another payload got 201"),
    ({"answers": (DONE,), "other_tenant": AGAIN}, r"another tenant's first request got 201 \(a replay\)"),
    ({"answers": (DONE,), "other_tenant": DONE, "other_effects": 0}, "it had 0 effects"),
]


@pytest.mark.parametrize(("given", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_went_wrong_is_said_with_all_answers(given: dict[str, Any], said: str) -> None:
    with pytest.raises(AssertionError, match=f"(?s){said}.*duplicates"):
        Storm(**{"executions": 1, **given}).assert_executed_once()


def test_a_report_counts_equal_answers() -> None:
    came = Storm((DONE, AGAIN, AGAIN, BUSY), executions=1, effects=1, killed_at="after_claim")
    assert str(came).splitlines() == [
        "4 duplicates after a kill at after_claim; executions: 1, effects: 1",
        '1 x 201 {"id": 1}',
        '2 x 201 (a replay) {"id": 1}',
        '1 x 409 {"code": "in_progress"}',
    ]


class _Response:
    """As httpx and requests have it, or as Flask's test client does."""

    def __init__(self, status: int, body: bytes, attribute: str, **headers: str) -> None:
        self.status_code, self.headers = status, headers
        setattr(self, attribute, body)


def test_responses_of_any_client_are_held_to_one_execution() -> None:
    first = _Response(201, b"1", "content")
    again = _Response(201, b"1", "data", **{"Idempotent-Replayed": "true"})
    assert_executed_once([first, again, Answer(201, AGAIN.headers, b"1")], effects=lambda: 1)
    with pytest.raises(AssertionError, match="2 executions"):
        assert_executed_once([first, first])
