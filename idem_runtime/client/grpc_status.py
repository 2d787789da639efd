"""What the trailers of a failed RPC say: google.rpc.Status, read by hand, so that no package is needed beside grpcio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

DETAILS, PUSHBACK = "grpc-status-details-bin", "grpc-retry-pushback-ms"
ERROR_INFO, RETRY_INFO = "google.rpc.ErrorInfo", "google.rpc.RetryInfo"


@dataclass(frozen=True, slots=True)
class Trailers:
    """``code``: of the problem, in lower case; ``retry_after``: seconds; ``never``: the server forbids a retry."""

    code: str | None = None
    retry_after: float | None = None
    never: bool = False


def read_trailers(metadata: Iterable[tuple[str, str | bytes]] | None) -> Trailers:
    """What the server says of a retry; nothing, where it says nothing or nothing that can be read."""
    code, waits, never = None, list[float](), False
    for name, value in metadata or ():
        if name == DETAILS and isinstance(value, bytes):
            code, delay = _read_details(value)
            waits += [] if delay is None else [delay]
        elif name == PUSHBACK:
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            waited = text.isascii() and text.isdigit()
            waits += [float(text) / 1000] if waited else []
            never = never or not waited
    return Trailers(code, max(waits, default=None), never)


def _read_details(status: bytes) -> tuple[str | None, float | None]:
    """The reason of a Status' ErrorInfo, and the delay of its RetryInfo."""
    code, delay = None, None
    try:
        for packed in _values(status, 3):
            kind = b"".join(_values(packed, 1)).decode("latin-1").rpartition("/")[2]
            message = b"".join(_values(packed, 2))
            if kind == ERROR_INFO:
                code = b"".join(_values(message, 1)).decode("latin-1").lower()
            elif kind == RETRY_INFO:
                delay = sum(_seconds(duration) for duration in _values(message, 1))
    except (IndexError, ValueError):
        return None, None
    return code, delay


def _seconds(duration: bytes) -> float:
    """Of a Duration; one that is negative is no wait."""
    numbers = {number: _signed(value) for number, value in _fields(duration) if isinstance(value, int)}
    return max(0.0, numbers.get(1, 0) + numbers.get(2, 0) / 1e9)


def _signed(varint: int) -> int:
    """An int32 or int64, which protobuf writes as 64 bits."""
    low = varint & (1 << 64) - 1
    return low - (1 << 64) if low >> 63 else low


def _values(message: bytes, number: int) -> Iterator[bytes]:
    return (value for at, value in _fields(message) if at == number and isinstance(value, bytes))


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field of a protobuf message. :raises IndexError, ValueError: it is none."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        if tag & 7 == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        fixed = {1: 8, 5: 4}.get(tag & 7)
        if fixed is None and tag & 7 != 2:
            raise ValueError(f"wire type {tag & 7}")
        size, at = _varint(message, at) if fixed is None else (fixed, at)
        if at + size > len(message):
            raise ValueError("the message is cut off")
        yield tag >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while message[at] & 0x80:
        value |= (message[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | message[at] << shift, at + 1
