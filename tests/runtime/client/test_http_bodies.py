"""Bodies of requests and answers: whole, the same on every attempt, and as the caller would have them without us."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
import requests
from requests.adapters import BaseAdapter

from idem_runtime.client import AmbiguousIntent, BodyTooLarge, CallPolicy, OutcomeUnknown, intent, sent
from idem_runtime.client.httpx import AsyncIdempotentTransport, IdempotentTransport
from idem_runtime.client.requests import IdempotentAdapter
from idem_runtime.client.whole_bodies import is_cut
from tests.runtime.client.http_peer import Async, Requests, Server, Sync, problem


def parts() -> Iterator[bytes]:
    yield b"ab"
    yield b""  # a reader that had nothing at the moment
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


PLAIN = b'{"to": "alice", "amount": 100}' * 300
DEFLATED = zlib.compress(PLAIN)
WITHOUT_HEADER = zlib.compressobj(wbits=-15)
RAW_DEFLATED = WITHOUT_HEADER.compress(PLAIN) + WITHOUT_HEADER.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PLAIN)),
        ("X-GZip", gzip.compress(PLAIN)),
        ("deflate", DEFLATED),
        ("deflate", RAW_DEFLATED),
    ],
    ids=["gzip", "x-gzip", "deflate", "deflate without its header"],
)
def test_an_encoded_answer_that_is_cut_within_its_framing_is_asked_for_again(
    caller: Sync, peer: Server, encoding: str, body: bytes
) -> None:
    peer.plan = [
        ("201", {"content-encoding": encoding}, half) for half in (body[: len(body) // 2], body[:-1])
    ]
    peer.plan += [("201", {"content-encoding": encoding.lower().removeprefix("x-")}, body)]
    assert caller.post(peer.url).content == PLAIN
    assert (len(peer.seen), len(set(peer.keys))) == (3, 1)


MEMBERS = gzip.compress(b"a", mtime=0) + gzip.compress(b"b", mtime=0)


@pytest.mark.parametrize(
    ("raw", "encoding", "cut"),
    [
        (b"", "gzip", False),
        (b"", "deflate", False),
        (b"\x1f", "gzip", True),
        (MEMBERS, "gzip", False),
        (MEMBERS[:-3], "gzip", True),
        (MEMBERS + b"rest", "gzip", False),
        (MEMBERS[:-3], "", False),
        (MEMBERS[:-3], "identity, gzip", True),
        (MEMBERS[:-3], "gzip, br", False),
        (b"no gzip", "gzip", False),
        (b"\xff no deflate", "deflate", False),
        (RAW_DEFLATED[:-1], "deflate", True),
    ],
)
def test_which_bodies_have_no_end(raw: bytes, encoding: str, cut: bool) -> None:
    assert is_cut(raw, encoding) is cut


@pytest.mark.parametrize("size", range(1, len(DEFLATED)))
@pytest.mark.exhaustive
def test_a_body_that_is_cut_anywhere_has_no_end(size: int) -> None:
    assert is_cut(DEFLATED[:size], "deflate")
    assert is_cut(gzip.compress(PLAIN)[:size], "gzip")


def test_a_form_with_files_may_be_built_anew_for_a_retry(caller: Sync, peer: Server) -> None:
    """Each time with another boundary."""

    def form(content: bytes) -> dict[str, Any]:
        return {"files": {"salaries": ("a.csv", BytesIO(content))}, "data": {"amount": "1"}}

    peer.plan = [("500", {}, b"")]
    with intent():
        caller.post(peer.url, **form(b"alice"))
        with pytest.raises(AmbiguousIntent, match="another request"):
            caller.post(peer.url, **form(b"bob"))
        assert caller.post(peer.url, **form(b"alice")).status_code == 200
    (first, body), (again, same) = peer.seen
    assert (first["idempotency-key"], body) != (again["idempotency-key"], same)
    assert first["idempotency-key"] == again["idempotency-key"]


def test_a_streamed_answer_is_whole_and_to_be_had_as_it_came(caller: Sync, peer: Server) -> None:
    packed = gzip.compress(PLAIN)
    peer.plan = [("201", {"content-encoding": "gzip", "set-cookie": "a=b"}, packed)] * 3
    if isinstance(caller, Requests):
        with requests.Session() as session:
            session.mount("http://", IdempotentAdapter())
            assert b"".join(session.post(peer.url, stream=True).iter_content(100)) == PLAIN
            assert session.post(peer.url, stream=True).raw.read() == packed
            assert session.post(peer.url, stream=True).raw.read(decode_content=True) == PLAIN
            assert session.cookies.get_dict() == {"a": "b"}
        return
    if isinstance(caller, Async):
        asyncio.run(stream_async(peer, packed))
        return
    transport = IdempotentTransport(httpx.HTTPTransport(verify=False))
    with httpx.Client(transport=transport) as client:
        with client.stream("POST", peer.url) as answer:
            assert b"".join(answer.iter_bytes()) == PLAIN
        with client.stream("POST", peer.url) as answer:
            assert b"".join(answer.iter_raw()) == packed
        assert sent(answer) is not None
        assert client.cookies["a"] == "b"


async def stream_async(peer: Server, packed: bytes) -> None:
    transport = AsyncIdempotentTransport(httpx.AsyncHTTPTransport(verify=False))
    async with httpx.AsyncClient(transport=transport) as client:
        async with client.stream("POST", peer.url) as answer:
            assert b"".join([part async for part in answer.aiter_bytes()]) == PLAIN
        async with client.stream("POST", peer.url) as answer:
            assert b"".join([part async for part in answer.aiter_raw()]) == packed
        assert sent(answer) is not None


def test_an_answer_of_an_adapter_that_is_not_on_urllib3_is_read_too() -> None:
    class Own(BaseAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
            response = requests.Response()
            response.status_code, response.raw, response.request = 201, BytesIO(b"{}"), request
            response.headers["content-length"] = "2"
            return response

        def close(self) -> None:
            pass

    with requests.Session() as session:
        session.mount("http://", IdempotentAdapter(Own()))
        assert session.post("http://bank/t").content == b"{}"
