"""Trailers are read as the packages of Google read them, and nothing that a server sends can break the reader."""

from __future__ import annotations

import pytest
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from idem_runtime.client.grpc_status import DETAILS, PUSHBACK, Trailers, read_trailers


def packed(*details: object, code: int = 10, message: str = "wait") -> bytes:
    found: list[any_pb2.Any] = []
    for detail in details:
        found.append(any_pb2.Any())
        found[-1].Pack(detail)  # type: ignore[arg-type]
    return status_pb2.Status(code=code, message=message, details=found).SerializeToString()


def delay(seconds: int, nanos: int = 0) -> error_details_pb2.RetryInfo:
    return error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=seconds, nanos=nanos))


REASON = error_details_pb2.ErrorInfo(reason="IN_PROGRESS", domain="bank", metadata={"a": "b"})
OTHER = error_details_pb2.DebugInfo(stack_entries=["a"], detail="b")


NANOS = st.integers(0, 999_999_999)


@given(st.integers(0, 10_000), NANOS, st.text(max_size=20), st.integers(0, 2**31 - 1))
@settings(max_examples=20)
def test_details_are_read_as_they_were_written(seconds: int, nanos: int, message: str, code: int) -> None:
    status = packed(OTHER, delay(seconds, nanos), REASON, code=code, message=message)
    found = read_trailers((("other-bin", b"\xff"), (DETAILS, status)))
    assert found.code == "in_progress"
    assert found.retry_after == pytest.approx(seconds + nanos / 1e9)


@given(st.binary(max_size=300))
@settings(max_examples=40)
def test_whatever_a_server_sends_is_read_or_left(status: bytes) -> None:
    read_trailers(((DETAILS, status),))
    read_trailers(((DETAILS, b"\x1a" + bytes([len(status) % 128]) + status),))


def test_details_that_are_cut_off_say_nothing_that_is_wrong() -> None:
    whole = packed(REASON, delay(1))
    for size in range(1, len(whole)):
        found = read_trailers(((DETAILS, whole[:size]),))
        assert found.code in (None, "in_progress")
        assert found.retry_after in (None, 1)


UNUSUAL = b"\x09" + bytes(8) + b"\x0d" + bytes(4)  # fixed-width fields of a later version
GROUP = b"\x0b"


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (None, Trailers()),
        ((), Trailers()),
        (((DETAILS, "text"),), Trailers()),
        (((DETAILS, UNUSUAL + packed(delay(2))),), Trailers(retry_after=2)),
        (((DETAILS, GROUP + packed(delay(2))),), Trailers()),
        (((DETAILS, packed(delay(2))), (PUSHBACK, "3000")), Trailers(retry_after=3)),
        (((PUSHBACK, b"250"),), Trailers(retry_after=0.25)),
        (((PUSHBACK, "-1"),), Trailers(never=True)),
        (((PUSHBACK, "soon"),), Trailers(never=True)),
        (((PUSHBACK, "-1"), (PUSHBACK, "5")), Trailers(retry_after=0.005, never=True)),
        (((PUSHBACK, "9" * 5000),), Trailers(retry_after=float("inf"))),
        (((DETAILS, packed(delay(-5))),), Trailers(retry_after=0)),
        (((DETAILS, packed(delay(0, -5))),), Trailers(retry_after=0)),
        (((DETAILS, packed(delay(5, -500_000_000))),), Trailers(retry_after=4.5)),
    ],
)
def test_what_trailers_mean(metadata: tuple[tuple[str, str | bytes], ...] | None, expected: Trailers) -> None:
    assert read_trailers(metadata) == expected
