"""The answer to an RPC: what its client gets, and how it is recorded."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

from idem_runtime.adapters.rpc.codes import OK, code_of, status_of
from idem_runtime.model import Answer, Headers, Response, Unstorable
from idem_runtime.replayed_headers import NEVER_REPLAYED, storable

Metadata: TypeAlias = tuple[tuple[str, "str | bytes"], ...]

LONGEST_METADATA = 8_192
"""Bytes on the wire: above it, clients begin to refuse answers at random, and above twice as many they refuse all."""
KEPT_FREE = 512
"""Of these: for what is sent with every answer, and with a replay."""
RESERVED = frozenset({"grpc-status", "grpc-message", "grpc-encoding", "grpc-timeout", "content-type", "te"})
"""Names that the protocol itself gives a meaning."""
_NAME = re.compile(r"[0-9a-z_.-]+")
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")
_VALUE = re.compile(r"[\x20-\x7e]*")
_CODE, _DETAILS, _INITIAL = "grpc-status", "grpc-message", "initial:"


@dataclass(frozen=True, slots=True)
class RpcAnswer:
    """What the client of an RPC gets: status code and details, metadata before and after, and the message's bytes."""

    code: int
    details: str = ""
    trailing: Metadata = ()
    initial: Metadata = ()
    body: bytes = b""


def checked(metadata: Iterable[Any]) -> Metadata:
    """``metadata`` as it can be sent, and stored: refused where it is set, because it is sent after COMMIT.

    :raises ValueError: a name or a value that cannot be sent.
    """
    pairs: list[tuple[str, str | bytes]] = []
    for name, value in metadata:
        kind = bytes if str(name).endswith("-bin") else str
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in RESERVED:
            raise ValueError(f"metadata {name!r} has a name that cannot be sent")
        if not isinstance(value, kind) or (isinstance(value, str) and not _VALUE.fullmatch(value)):
            allowed = "bytes" if kind is bytes else "printable ASCII"
            raise ValueError(f"the value of metadata {name!r} cannot be sent: {allowed} is")
        pairs.append((name, value))
    return tuple(pairs)


def recorded(answer: RpcAnswer, replayed: Iterable[str]) -> Answer:
    """``answer`` as it is stored: its trailing metadata, and of its initial metadata what is in ``replayed``."""
    if size_on_the_wire(answer) > LONGEST_METADATA - KEPT_FREE:
        return Unstorable(status_of(answer.code))
    return response_of(answer, initial=storable(_as_text(answer.initial), tuple(replayed)))


def size_on_the_wire(answer: RpcAnswer) -> int:
    """The bytes of details and metadata as clients count them against their limit: encoded, and 32 more for each entry."""
    details: Metadata = ((_DETAILS, _percent_encoded(answer.details)),) if answer.details else ()
    return sum(
        32 + len(name) + (-(-len(value) * 4 // 3) if isinstance(value, bytes) else len(value))
        for name, value in details + answer.trailing + answer.initial
    )


def _percent_encoded(text: str) -> str:
    return quote(text, safe=_PRINTABLE)


def response_of(answer: RpcAnswer, *, initial: Headers = ()) -> Response:
    """``answer`` in the form in which all adapters hand answers to an execution."""
    headers: list[tuple[str, str]] = []
    if answer.code != OK:
        headers.append((_CODE, str(answer.code)))
    if answer.details:
        headers.append((_DETAILS, quote(answer.details)))
    headers += [header for header in _as_text(answer.trailing) if header[0] not in NEVER_REPLAYED]
    headers += [(_INITIAL + name, value) for name, value in initial]
    return Response(status_of(answer.code), tuple(headers), answer.body)


def answer_of(response: Response) -> RpcAnswer:
    """The answer that ``response`` holds; also of one that ``reconcile=`` made."""
    code, details = code_of(response.status), ""
    trailing: list[tuple[str, str | bytes]] = []
    initial: list[tuple[str, str | bytes]] = []
    for name, text in response.headers:
        if name == _CODE:
            code = int(text)
        elif name == _DETAILS:
            details = unquote(text)
        elif name.startswith(_INITIAL):
            initial.append(_from_text(name.removeprefix(_INITIAL), text))
        elif name not in RESERVED:
            trailing.append(_from_text(name, text))
    return RpcAnswer(code, details, tuple(trailing), tuple(initial), response.body)


def _as_text(metadata: Metadata) -> Headers:
    return tuple(
        (name, base64.b64encode(value).decode() if isinstance(value, bytes) else value)
        for name, value in metadata
    )


def _from_text(name: str, text: str) -> tuple[str, str | bytes]:
    return (name, base64.b64decode(text)) if name.endswith("-bin") else (name, text)
