"""What HTTP callers get: answers, refusals as errors, and when a call is made again."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.server
import json
import pickle
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BytesIO, StringIO
from typing import Any, Self

import httpx
import pytest
import requests

from idem_runtime import ConfigurationError
from idem_runtime.client import (
    BodyTooLarge,
    CallPolicy,
    CallRefused,
    KeyReused,
    OutcomeUnknown,
    ResponseLost,
    intent,
    sent,
)
from idem_runtime.client.http_answers import retry_after
from idem_runtime.client.httpx import AsyncIdempotentTransport, IdempotentTransport
from idem_runtime.client.requests import IdempotentAdapter
from tests.runtime.adapters.contract import ledger
from tests.runtime.calls import Database

QUICK = CallPolicy(attempts=4, first_pause=0, longest_pause=0)
TENANT = {"x-tenant": "alice"}
OK = "200", {}, b"{}"
Planned = tuple[str, dict[str, str], bytes]


class Server:
    """A real HTTP server that answers ``plan``, then OK; ``seen`` are the requests that came: headers and body."""

    def __init__(self) -> None:
        self.plan: list[Planned] = []
        self.seen: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer.serve(self)

            do_GET = do_PUT = do_POST

            def log_message(self, *args: Any) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def serve(self, request: Any) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.rfile.read(int(headers.get("content-length", 0)))
        if headers.get("transfer-encoding") == "chunked":
            while size := int(request.rfile.readline(), 16):
                body += request.rfile.read(size)
                request.rfile.readline()
            request.rfile.readline()
        self.seen.append((headers, body))
        status, more, content = self.plan.pop(0) if self.plan else OK
        request.send_response_only(int(status))
        framing = {} if "connection" in more else {"content-length": str(len(content))}
        for name, value in (framing | more).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)
        request.close_connection = "connection" in more

    @property
    def keys(self) -> list[str | None]:
        return [headers.get("idempotency-key") for headers, _ in self.seen]


@pytest.fixture
def peer() -> Iterator[Server]:
    running = Server()
    yield running
    running.http.shutdown()
    running.http.server_close()


class Sync:
    def post(self, url: str, policy: CallPolicy = QUICK, **more: Any) -> Any:
        transport = IdempotentTransport(httpx.HTTPTransport(verify=False), policy)
        with httpx.Client(transport=transport, timeout=10) as client:
            return client.post(url, headers=TENANT, **more)

    read = staticmethod(httpx.Response.read)
    lost: Any = httpx.TransportError


class Async(Sync):
    def post(self, url: str, policy: CallPolicy = QUICK, **more: Any) -> Any:
        async def main() -> httpx.Response:
            transport = AsyncIdempotentTransport(httpx.AsyncHTTPTransport(verify=False), policy)
            async with httpx.AsyncClient(transport=transport, timeout=10) as client:
                return await client.post(url, headers=TENANT, **more)

        return asyncio.run(main())


class Requests(Sync):
    lost = requests.ConnectionError

    def post(self, url: str, policy: CallPolicy = QUICK, **more: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", IdempotentAdapter(policy=policy))
            if "content" in more:
                more["data"] = more.pop("content")
            return session.post(url, headers=TENANT, timeout=10, **more)


@pytest.fixture(params=[Sync, Async, Requests], ids=["httpx", "async httpx", "requests"])
def caller(request: pytest.FixtureRequest) -> Sync:
    return request.param()  # type: ignore[no-any-return]


def problem(code: object, status: int = 409, **headers: str) -> Planned:
    content_type = {"content-type": "application/problem+json; charset=utf-8"}
    return str(status), {**content_type, **headers}, json.dumps({"code": code}).encode()


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504])
def test_what_says_nothing_about_the_outcome_is_tried_again(caller: Sync, peer: Server, status: int) -> None:
    peer.plan = [(str(status), {}, b"")] * 3
    answer = caller.post(peer.url, json={"amount": 5})
    assert (answer.status_code, len(peer.seen), len(set(peer.keys))) == (200, 4, 1)
    assert {body.replace(b" ", b"") for _, body in peer.seen} == {b'{"amount":5}'}


@pytest.mark.parametrize("status", [200, 201, 303, 400, 401, 402, 404, 409, 422, 500, 501])
def test_an_answer_is_an_answer(caller: Sync, peer: Server, status: int) -> None:
    peer.plan = [(str(status), {"idempotent-replayed": "true"}, b"that")]
    with intent("mine", key="kept"):
        answer = caller.post(peer.url)
    how = sent(answer)
    assert how is not None
    assert (answer.status_code, answer.content, len(peer.seen)) == (status, b"that", 1)
    assert (how.idempotency_key, how.intent, how.attempts, how.replayed) == ("kept", "mine", 1, True)
    assert answer.idempotency_key == "kept"
    assert answer.elapsed > timedelta(0)


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


def test_an_encoded_problem_is_understood(caller: Sync, peer: Server) -> None:
    status, headers, content = problem("outcome_unknown")
    peer.plan = [(status, headers | {"content-encoding": "gzip"}, gzip.compress(content))]
    with pytest.raises(OutcomeUnknown):
        caller.post(peer.url)


def test_an_answer_that_cannot_be_decoded_is_asked_for_again(caller: Sync, peer: Server) -> None:
    peer.plan = [("201", {"content-encoding": "gzip"}, b"no gzip")]
    assert caller.post(peer.url).status_code == 200
    assert len(peer.seen) == 2


def test_an_answer_that_does_not_say_where_it_ends_may_be_cut_off(caller: Sync, peer: Server) -> None:
    peer.plan = [("201", {"connection": "close"}, b'{"id": 12')]
    assert caller.post(peer.url).content == b"{}"
    peer.plan = [("201", {"connection": "close"}, b'{"id": 12')] * 4
    with pytest.raises(caller.lost, match="it may be cut off") as caught:
        caller.post(peer.url)
    assert caught.value.idempotency_key == peer.keys[-1]
    peer.plan = [("204", {"connection": "close"}, b"")]
    assert caller.post(peer.url).status_code == 204


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


def parts() -> Iterator[bytes]:
    yield b"ab"
    yield b"cd"


async def async_parts() -> AsyncIterator[bytes]:
    for part in parts():
        yield part


def test_a_body_that_can_be_sent_only_once_is_kept_for_retries(caller: Sync, peer: Server) -> None:
    peer.plan = [("503", {}, b"")]
    with intent():
        content = async_parts() if isinstance(caller, Async) else parts()
        assert caller.post(peer.url, content=content).status_code == 200
    assert [body for _, body in peer.seen] == [b"abcd", b"abcd"]


def test_a_file_is_sent_again_too(caller: Sync, peer: Server) -> None:
    peer.plan = [("503", {}, b"")]
    file = ("salaries.csv", BytesIO(b"a,1\n" * 50_000), "text/csv")
    assert caller.post(peer.url, files={"salaries": file}).status_code == 200
    assert peer.seen[0][1] == peer.seen[1][1]
    assert b"a,1\n" * 50_000 in peer.seen[0][1]


def test_a_body_over_the_cap_is_refused_before_anything_leaves(caller: Sync, peer: Server) -> None:
    content = async_parts() if isinstance(caller, Async) else parts()
    with pytest.raises(BodyTooLarge, match="over 3 bytes"):
        caller.post(peer.url, CallPolicy(body_cap=3), content=content)
    assert peer.seen == []
    assert caller.post(peer.url, CallPolicy(body_cap=3), content=b"abcd").status_code == 200


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ("é", "é".encode()),
        (None, b""),
        (BytesIO(b"ab"), b"ab"),
        (StringIO("ab"), b"ab"),
        (iter(["a", "b"]), b"ab"),
        (iter(["", "b"]), b""),
    ],
    ids=["text", "none", "file", "text file", "parts of text", "an empty part ends it"],
)
def test_every_kind_of_body_of_requests(peer: Server, data: Any, body: bytes) -> None:
    peer.plan = [("503", {}, b"")]
    assert Requests().post(peer.url, data=data).status_code == 200
    assert [content for _, content in peer.seen] == [body, body]


def test_a_key_of_the_caller_in_bytes_is_respected(peer: Server) -> None:
    with requests.Session() as session:
        session.mount("http://", IdempotentAdapter())
        answer = session.post(peer.url, headers={"Idempotency-Key": b"mine"})
    assert peer.keys == ["mine"]
    assert sent(answer).idempotency_key == "mine"  # type: ignore[union-attr]


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


def test_a_redirect_of_requests_is_the_same_call_and_answers_can_be_pickled(peer: Server) -> None:
    peer.plan = [("307", {"location": "/other"}, b"")]
    with requests.Session() as session, intent():
        session.mount("http://", IdempotentAdapter())
        answer = session.post(peer.url)
    assert peer.keys[0] == peer.keys[1]
    assert pickle.loads(pickle.dumps(answer)).status_code == 200


def test_a_prepared_request_that_is_sent_again_keeps_its_key(peer: Server) -> None:
    with requests.Session() as session:
        session.mount("http://", IdempotentAdapter())
        request = session.prepare_request(requests.Request("POST", peer.url))
        for _ in range(2):
            session.send(request)
        for _ in range(2):
            with intent():
                session.send(request)
    first, again, one, other = peer.keys
    assert first == again
    assert len({first, one, other}) == 3


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


def test_a_streamed_answer_is_whole(caller: Sync, peer: Server) -> None:
    if isinstance(caller, Requests):
        with requests.Session() as session:
            session.mount("http://", IdempotentAdapter())
            assert b"".join(session.post(peer.url, stream=True).iter_content(1)) == b"{}"
        return
    transport = IdempotentTransport(httpx.HTTPTransport(verify=False))
    with httpx.Client(transport=transport) as client, client.stream("POST", peer.url) as answer:
        assert b"".join(answer.iter_bytes()) == b"{}"


NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
IN_A_MINUTE = format_datetime(NOW + timedelta(seconds=60), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "-7"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": IN_A_MINUTE, "date": format_datetime(NOW, usegmt=True)}, 60),
        ({"retry-after": IN_A_MINUTE.replace("GMT", "-0000"), "date": format_datetime(NOW, usegmt=True)}, 60),
        ({"retry-after": format_datetime(NOW - timedelta(days=9000), usegmt=True), "date": "never"}, 0),
    ],
)
def test_the_two_forms_of_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    "wrong",
    [
        {"methods": "POST"},
        {"methods": ("post",)},
        {"attempts": 0},
        {"body_cap": -1},
        {"budget": -1},
        {"budget": timedelta(hours=2)},
        {"budget": "long"},
        {"first_pause": float("nan")},
        {"longest_pause": timedelta(seconds=-1)},
    ],
)
def test_a_policy_that_cannot_be_used_is_refused(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ConfigurationError, match=name):
        CallPolicy(**wrong)


def test_pauses_grow_up_to_the_longest_and_durations_may_be_timedeltas() -> None:
    policy = CallPolicy(first_pause=timedelta(seconds=1), longest_pause=timedelta(seconds=3))
    pauses = {made: [policy.pause(made) for _ in range(300)] for made in (1, 2, 3, 9)}
    assert [round(max(taken)) for taken in pauses.values()] == [1, 2, 3, 3]
    assert all(pause >= 0 for taken in pauses.values() for pause in taken)


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
