"""What is the matter of requests alone: its bodies, copies of requests, redirects, Digest."""

from __future__ import annotations

import array
import pickle
import time
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import Any

import pytest
import requests

from idem_runtime.client import KeyTooOld, OutcomeUnknown, intent, sent
from idem_runtime.client.requests import IdempotentAdapter
from tests.runtime.client.http_peer import QUICK, Requests, Server, problem


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as running:
        running.trust_env = False
        running.mount("http://", IdempotentAdapter(policy=QUICK))
        yield running


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ("é", "é".encode()),
        (None, b""),
        (BytesIO(b"ab"), b"ab"),
        (StringIO("ab"), b"ab"),
        (iter(["a", "b"]), b"ab"),
        (iter([b"alice,100\n", b"", b"bob,200\n"]), b"alice,100\nbob,200\n"),
        (iter(["", bytearray(b"b"), memoryview(b"c")]), b"bc"),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        (StringIO("é" * 40_000), ("é" * 40_000).encode()),
    ],
    ids=[
        "text",
        "none",
        "file",
        "text file",
        "parts of text",
        "an empty part",
        "parts of all kinds",
        "bytearray",
        "memoryview",
        "a text file in blocks",
    ],
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


@pytest.mark.parametrize("wrong", [iter([b"ab", 5]), iter([b"ab", None]), array.array("i", [1])])
def test_a_body_of_what_is_not_bytes_is_refused_before_anything_leaves(peer: Server, wrong: Any) -> None:
    with pytest.raises(TypeError, match="bytes-like"):
        Requests().post(peer.url, data=wrong)
    assert peer.seen == []


def test_a_file_that_has_nothing_at_the_moment_is_not_taken_for_one_that_ends(peer: Server) -> None:
    class NotNow(BytesIO):
        def read(self, size: int | None = -1) -> Any:
            return None

    with pytest.raises(TypeError, match="bytes-like"):
        Requests().post(peer.url, data=NotNow(b"ab"))
    assert peer.seen == []


@pytest.mark.parametrize("pickled", [False, True])
def test_a_copy_of_a_request_has_a_key_of_the_intent_that_sends_it(
    peer: Server, session: requests.Session, pickled: bool
) -> None:
    prepared = session.prepare_request(requests.Request("POST", peer.url, json={"amount": 1}))
    with intent() as first:
        session.send(prepared)
        copied = pickle.loads(pickle.dumps(prepared)) if pickled else prepared.copy()
        session.send(copied)
    with intent():
        session.send(copied.copy())
    with first:
        session.send(prepared.copy())
    one, again, other, last = peer.keys
    assert one == again == last != other


def test_a_key_that_is_read_from_a_request_and_given_to_another_is_the_callers_own(
    peer: Server, session: requests.Session
) -> None:
    """Who goes on by hand would pay again under any other key."""
    peer.plan = [("500", {}, b"")]
    with intent():
        key = session.post(peer.url).request.headers["Idempotency-Key"]
    with intent():
        session.post(peer.url, headers={"Idempotency-Key": key})
    assert peer.keys == [key, key]


def test_hooks_of_the_caller_are_called_with_and_without_a_mark(
    peer: Server, session: requests.Session
) -> None:
    called: list[int] = []
    hooks = {"response": lambda response, **_: called.append(response.status_code)}
    prepared = session.prepare_request(requests.Request("POST", peer.url, hooks=hooks))
    session.send(prepared)
    session.send(prepared.copy())
    assert called == [200, 200]


def test_a_copy_of_a_request_is_as_old_as_its_original(
    peer: Server, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = session.prepare_request(requests.Request("POST", peer.url))
    session.send(prepared)
    copied = pickle.loads(pickle.dumps(prepared))
    later = time.time() + 24 * 3600
    monkeypatch.setattr("idem_runtime.client.birth.time.time", lambda: later)
    for request in (prepared, prepared.copy(), copied):
        with pytest.raises(KeyTooOld):
            session.send(request)
    assert len(peer.seen) == 1


CHALLENGE = "401", {"www-authenticate": 'Digest realm="a", nonce="x", qop="auth", algorithm=MD5'}, b""


def test_the_second_request_of_digest_is_the_same_call(peer: Server, session: requests.Session) -> None:
    auth = requests.auth.HTTPDigestAuth("alice", "secret")
    peer.plan = [CHALLENGE, ("503", {}, b""), ("201", {"idempotent-replayed": "true"}, b"")]
    with intent("mine", key="kept"):
        answer = session.post(peer.url, json={}, auth=auth)
    how = sent(answer)
    assert how is not None
    assert (answer.status_code, how.attempts, how.intent, how.replayed) == (201, 2, "mine", True)
    assert peer.keys == ["kept"] * 3
    peer.plan = [CHALLENGE, problem("outcome_unknown")]
    with pytest.raises(OutcomeUnknown):
        session.post(peer.url, json={}, auth=requests.auth.HTTPDigestAuth("alice", "secret"))


def test_a_redirect_sends_a_file_again(peer: Server, session: requests.Session) -> None:
    peer.plan = [("307", {"location": "/other"}, b""), ("503", {}, b"")]
    assert session.post(peer.url, data=BytesIO(b"data")).status_code == 200
    assert [body for _, body in peer.seen] == [b"data"] * 3
    assert len(set(peer.keys)) == 1


def test_a_redirect_to_where_no_adapter_is_mounted_has_the_key_and_its_answer_as_it_is(peer: Server) -> None:
    peer.plan = [("307", {"location": peer.url.replace("127.0.0.1", "localhost")}, b"")]
    peer.plan += [problem("outcome_unknown")]
    with requests.Session() as session:
        session.trust_env = False
        session.mount(peer.url, IdempotentAdapter(policy=QUICK))
        answer = session.post(peer.url)
    assert (answer.status_code, sent(answer)) == (409, None)
    assert len(set(peer.keys)) == 1
