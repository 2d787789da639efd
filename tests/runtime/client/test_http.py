"""What HTTP callers get: answers, refusals as errors, and when a call is made again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Self

import httpx
import pytest
import requests

from idem_runtime.client import (
    CallPolicy,
    CallRefused,
    KeyReused,
    OutcomeUnknown,
    ResponseLost,
    intent,
    sent,
)
from idem_runtime.client.httpx import AsyncIdempotentTransport, IdempotentTransport
from idem_runtime.client.requests import IdempotentAdapter
from tests.runtime.adapters.contract import ledger
from tests.runtime.calls import Database
from tests.runtime.client.http_peer import OK, Requests, Server, Sync, problem


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504])
def test_what_says_nothing_about_the_outcome_is_tried_again(caller: Sync, peer: Server, status: int) -> None:
    peer.plan = [(str(status), {}, b"")] * 3
    answer = caller.post(peer.url, json={"amount": 5})
    assert (answer.status_code, len(peer.seen), len(set(peer.keys))) == (200, 4, 1)
    assert {body.replace(b" ", b"") for _, body in peer.seen} == {b'{"amount":5}'}


@pytest.mark.parametrize("status", [200, 201, 303, 400, 401, 402, 404, 409, 422, 500, 501])
def test_an_answer_is_an_answer(
    caller: Sync, peer: Server, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    peer.plan = [(str(status), {"idempotent-replayed": "true"}, b"that")]
    with intent("mine", key="kept"):
        answer = caller.post(peer.url)
    how = sent(answer)
    assert how is not None
    assert (answer.status_code, answer.content, len(peer.seen)) == (status, b"that", 1)
    assert (how.idempotency_key, how.intent, how.attempts, how.replayed) == ("kept", "mine", 1, True)
    assert answer.idempotency_key == "kept"
    assert answer.elapsed > timedelta(0)
    lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert lines == (
        [f"POST /: attempt 1 ended with status {status}, and was the last"] if status >= 500 else []
    )


@pytest.mark.parametrize(
    "content_type", ["Application/Problem+JSON", "application/problem+json ;charset=utf-8"]
)
def test_a_problem_is_one_in_any_spelling(caller: Sync, peer: Server, content_type: str) -> None:
    body = json.dumps({"code": "outcome_unknown"}).encode()
    peer.plan = [problem("in_progress", **{"content-type": content_type})]
    peer.plan += [("409", {"content-type": content_type}, body)]
    with pytest.raises(OutcomeUnknown):
        caller.post(peer.url)
    peer.plan = [("409", {"content-type": "application/problem+jsonl"}, body)]
    assert caller.post(peer.url).status_code == 409


def test_an_absurd_date_is_no_reason_to_fail(caller: Sync, peer: Server) -> None:
    absurd = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
    peer.plan = [("503", {"retry-after": absurd, "date": absurd}, b"")]
    assert caller.post(peer.url).status_code == 200
    assert len(set(peer.keys)) == 1


def test_calls_to_the_paths_without_key_are_made_once(caller: Sync, peer: Server) -> None:
    """As a token is fetched for each call, in the intent of what it is for."""
    policy = CallPolicy(without_key=("/oauth/token",))
    peer.plan = [OK, ("500", {}, b""), ("503", {}, b"")]
    with intent():
        for status in (500, 503):
            caller.post(f"{peer.url}/oauth/token", policy, json={"grant": "credentials"})
            assert caller.post(f"{peer.url}/t", CallPolicy(attempts=1)).status_code == status
            peer.plan = [OK, *peer.plan]
    assert [key is None for key in peer.keys] == [True, False, True, False]
    assert peer.keys[1] == peer.keys[3]


def test_what_cannot_leave_is_not_tried_again(caller: Sync, caplog: pytest.LogCaptureFixture) -> None:
    if isinstance(caller, Requests):
        with pytest.raises(requests.exceptions.InvalidSchema):  # before any adapter is asked
            caller.post("ftp://bank/t")
        return
    with intent("mine", key="kept"), pytest.raises(httpx.UnsupportedProtocol) as caught:
        caller.post("ftp://bank/t")
    how = sent(caught.value)
    assert how is not None
    assert (how.attempts, how.idempotency_key) == (1, "kept")
    assert not hasattr(caught.value, "__notes__")
    assert "attempt" not in caplog.text


@pytest.mark.parametrize("bypass", ["proxy", "mounts", "thread", "method"])
def test_an_intent_in_which_nothing_got_a_key_says_so(
    peer: Server, bypass: str, caplog: pytest.LogCaptureFixture
) -> None:
    transport = IdempotentTransport(httpx.HTTPTransport(verify=False))
    around: dict[str, Any] = {
        "proxy": {"proxy": peer.url},
        "mounts": {"mounts": {"http://": httpx.HTTPTransport(verify=False)}},
    }.get(bypass, {})
    with (
        httpx.Client(transport=transport, trust_env=False, **around) as client,
        ThreadPoolExecutor(1) as thread,
        intent(),
    ):
        if bypass == "thread":
            thread.submit(client.post, peer.url).result()
        else:
            client.request("PUT" if bypass == "method" else "POST", peer.url)
    (line,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "no call in it had a key" in line.getMessage()
    assert line.pathname == __file__
    assert (peer.keys[0] is None) == (bypass != "thread")


def test_an_original_that_still_runs_is_waited_for(caller: Sync, peer: Server) -> None:
    peer.plan = [problem("in_progress", **{"retry-after": "0"})] * 2
    assert caller.post(peer.url).status_code == 200
    assert len(peer.seen) == 3


def test_attempts_end_and_the_last_answer_says_its_key(caller: Sync, peer: Server) -> None:
    peer.plan = [problem("in_progress")] * 9
    answer = caller.post(peer.url)
    assert (answer.status_code, answer.json()["code"]) == (409, "in_progress")
    assert (sent(answer).attempts, answer.idempotency_key) == (4, peer.keys[0])  # type: ignore[union-attr]


@pytest.mark.parametrize("error", [KeyReused, OutcomeUnknown, ResponseLost])
def test_a_refused_key_is_an_error_of_its_own(caller: Sync, peer: Server, error: type[CallRefused]) -> None:
    status = 422 if error is KeyReused else 409
    peer.plan = [problem(error.code, status)] * 2
    with pytest.raises(error) as caught, intent("mine", key="kept"):
        caller.post(peer.url)
    assert (caught.value.response.status_code, caught.value.response.json()["code"]) == (status, error.code)
    assert (caught.value.idempotency_key, caught.value.intent) == ("kept", "mine")
    assert caught.value.message in str(caught.value)
    how = sent(caught.value)
    assert how is not None
    assert (how.idempotency_key, how.intent, how.attempts) == ("kept", "mine", 1)
    assert len(peer.seen) == 1
    assert caller.post(peer.url, CallPolicy(raise_refusals=False)).status_code == status


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"code": 7}', b"\xff", b"[" * 100_000])
def test_a_problem_that_cannot_be_read_is_an_answer(caller: Sync, peer: Server, body: bytes) -> None:
    peer.plan = [("409", {"content-type": "application/problem+json"}, body)]
    assert caller.post(peer.url).status_code == 409


def test_when_nobody_answers_the_error_says_under_which_key_to_go_on(
    caller: Sync, peer: Server, db: Database
) -> None:
    peer.http.shutdown()
    peer.http.server_close()
    with pytest.raises(caller.lost) as caught, intent("mine", key="kept"):
        caller.post(peer.url)
    how = sent(caught.value)
    assert how is not None
    assert (how.idempotency_key, how.intent, how.attempts) == ("kept", "mine", 4)
    assert caught.value.idempotency_key == "kept"
    assert "of the intent 'mine' was executed is not known after 4 attempts" in caught.value.__notes__[0]


def test_a_pause_that_the_server_asks_for_is_kept_or_the_call_is_given_up(caller: Sync, peer: Server) -> None:
    peer.plan = [("503", {"retry-after": "1"}, b"")]
    began = time.monotonic()
    assert caller.post(peer.url).status_code == 200
    assert time.monotonic() - began >= 1
    peer.plan = [("503", {"retry-after": "60"}, b"")]
    assert caller.post(peer.url).status_code == 503
    assert len(peer.seen) == 3


def test_the_log_tells_of_attempts_but_no_keys_and_payloads(
    caller: Sync, peer: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "idem_runtime.client")
    peer.plan = [("503", {}, b"")] * 4
    with intent("mine", key="kept"):
        caller.post(f"{peer.url}/t?to=alice", json={"memo": "secret"})
    lines = [record for record in caplog.records if record.name == "idem_runtime.client"]
    assert [record.levelname for record in lines] == ["INFO", "INFO", "INFO", "WARNING"]
    assert lines[0].getMessage() == "POST /t: attempt 1 ended with status 503, next in 0.00 s"
    assert lines[3].getMessage() == "POST /t: attempt 4 ended with status 503, and was the last"


def test_a_call_is_not_tried_beyond_its_budget(caller: Sync, peer: Server) -> None:
    peer.plan = [("503", {}, b"")] * 1000
    policy = CallPolicy(attempts=1000, budget=0.3, first_pause=0.05, longest_pause=0.05)
    assert caller.post(peer.url, policy).status_code == 503
    assert 1 < len(peer.seen) < 1000


def test_other_methods_pass(peer: Server) -> None:
    with requests.Session() as session:
        session.mount("http://", IdempotentAdapter())
        answer = session.get(peer.url)
    assert sent(answer) is None
    with httpx.Client(transport=IdempotentTransport(httpx.HTTPTransport(verify=False))) as client:
        client.put(peer.url)

    async def main() -> None:
        transport = AsyncIdempotentTransport(httpx.AsyncHTTPTransport(verify=False))
        async with httpx.AsyncClient(transport=transport) as asynchronous:
            await asynchronous.get(peer.url)
        await transport.aclose()

    asyncio.run(main())
    assert peer.keys == [None, None, None]


def test_what_is_wrapped_is_opened_and_closed(peer: Server) -> None:
    calls: list[str] = []

    class Wrapped(httpx.MockTransport):
        def __enter__(self) -> Self:
            calls.append("enter")
            return self

        def __exit__(self, *args: object) -> None:
            calls.append("exit")

        def close(self) -> None:
            calls.append("close")

    transport = IdempotentTransport(Wrapped(lambda request: httpx.Response(201)))
    with transport:
        pass
    transport.close()
    assert calls == ["enter", "exit", "close"]


def test_the_real_bank_refuses_and_replays_as_callers_are_told(bank: int, caller: Sync, db: Database) -> None:
    url = f"http://127.0.0.1:{bank}"
    with intent("one", key=f"one {type(caller).__name__}".replace(" ", "-")):
        assert not sent(caller.post(f"{url}/transfers", json={"amount": 5})).replayed  # type: ignore[union-attr]
    with intent("one", key=f"one {type(caller).__name__}".replace(" ", "-")):
        assert sent(caller.post(f"{url}/transfers", json={"amount": 5})).replayed  # type: ignore[union-attr]
    with intent("one", key=f"one {type(caller).__name__}".replace(" ", "-")), pytest.raises(KeyReused):
        caller.post(f"{url}/transfers", json={"amount": 6})
    with intent():
        assert caller.post(f"{url}/external-crash", json={"amount": 7}).status_code == 500
        with pytest.raises(OutcomeUnknown):
            caller.post(f"{url}/external-crash", json={"amount": 7})
    with intent():
        assert caller.post(f"{url}/insufficient", json={"amount": 8}).status_code == 402
    assert ledger(db) == [5, 7]


def test_the_transports_work_with_contextlib_closing() -> None:
    with contextlib.closing(
        IdempotentTransport(httpx.MockTransport(lambda _: httpx.Response(201)))
    ) as transport:
        assert transport.handle_request(httpx.Request("POST", "http://bank/t")).status_code == 201
