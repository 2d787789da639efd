"""Where a key may be in a request, and which payloads are the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage

from idem_runtime.adapters.rpc.requests import RpcRequest, key_field, repeated
from idem_runtime.errors import ConfigurationError, KeyInvalid, KeyMissing
from idem_runtime.marks import MoneyMoving
from tests.runtime.adapters.grpc.protos import FOLDER, generated

pb2, _ = generated("rpc_keys")
PLAIN = MoneyMoving()


@pytest.mark.parametrize("kind", [pb2.PlainKey, pb2.OptionalKey, pb2.WrappedKey])
@pytest.mark.parametrize(
    ("field", "metadata", "key"),
    [
        ("k", [], "k"),
        (None, ["k"], "k"),
        ("k", ["k"], "k"),
        ("k", ['"k"'], "k"),
        ('"k"', ["k"], "k"),
        (" k ", ["k"], "k"),
        ("k", ["  k  "], "k"),
        ("", ["k"], "k"),
        ("  ", ["k"], "k"),
        ("k", [""], "k"),
        ("k", [" "], "k"),
        ("k", ["", ""], "k"),
    ],
)
def test_a_key_is_in_the_field_or_in_metadata_or_the_same_in_both(
    kind: Any, field: str | None, metadata: list[str], key: str
) -> None:
    assert RpcRequest(keyed(kind, field)).key(metadata) == key


@pytest.mark.parametrize(
    ("field", "metadata", "error"),
    [
        (None, [], KeyMissing),
        ("", [], KeyMissing),
        ("", [""], KeyMissing),
        ('""', [], KeyMissing),
        ("a", ["b"], KeyInvalid),
        ("k", ["k", "k"], KeyInvalid),
        (None, ["k", "l"], KeyInvalid),
        ("a b", [], KeyInvalid),
        ("é", [], KeyInvalid),
        ("a" * 256, [], KeyInvalid),
    ],
)
def test_other_keys_are_refused(field: str | None, metadata: list[str], error: type[Exception]) -> None:
    with pytest.raises(error):
        RpcRequest(keyed(pb2.PlainKey, field)).key(metadata)


def keyed(kind: Any, field: str | None) -> Any:
    message = kind()
    if field is not None and kind is pb2.WrappedKey:
        message.idempotency_key.value = field
    elif field is not None:
        message.idempotency_key = field
    return message


def test_a_message_without_the_field_needs_metadata() -> None:
    with pytest.raises(KeyMissing, match="idempotency_key or the metadata idempotency-key"):
        RpcRequest(pb2.Reply()).key([])
    assert RpcRequest(b"raw").key(["k"]) == "k"


def test_the_field_of_no_type_is_none() -> None:
    assert key_field(None) is None
    with pytest.raises(ConfigurationError):
        key_field(pb2.ManyKey.DESCRIPTOR)


def test_a_request_that_is_neither_a_message_nor_bytes_cannot_be_compared() -> None:
    with pytest.raises(ConfigurationError, match="a request of dict is neither"):
        _ = RpcRequest({}).wire


def test_a_run_gets_a_copy() -> None:
    message = pb2.Payload(amount=5)
    copied = RpcRequest(message).copy()
    copied.amount = 6
    assert message.amount == 5
    rows = [1]
    assert RpcRequest(rows).copy() is not rows


def test_older_protobuf_says_that_a_field_holds_many_by_its_label() -> None:
    class Field:
        LABEL_REPEATED = 3
        label = 3

    assert repeated(Field())


# Fingerprints


def of(message: Any, *, ignore: tuple[str, ...] = ()) -> str:
    return RpcRequest(message).fingerprint(MoneyMoving(ignore=ignore), {}).stored


def parsed(*parts: Any, kind: Any = pb2.Payload) -> Any:
    """A message from what a client wrote in this order."""
    return kind.FromString(b"".join(part.SerializeToString() for part in parts))


def test_the_key_is_no_part_of_the_payload() -> None:
    assert of(pb2.Payload(amount=5, idempotency_key="a")) == of(pb2.Payload(amount=5, idempotency_key="b"))
    assert of(pb2.Payload(amount=5)) != of(pb2.Payload(amount=6))


def test_the_order_of_fields_and_of_the_entries_of_maps_does_not_count() -> None:
    first, second = pb2.Payload(amount=5), pb2.Payload(memo="x")
    assert of(parsed(first, second)) == of(parsed(second, first))
    names = [f"n{number}" for number in range(40)]
    one, other = pb2.Payload(), pb2.Payload()
    for name in names:
        one.parts[name] = 1
        one.row.tags[int(name[1:])] = name
    for name in reversed(names):
        other.parts[name] = 1
        other.row.tags[int(name[1:])] = name
    assert of(one) == of(other)


def test_the_order_of_repeated_values_counts() -> None:
    assert of(pb2.Payload(numbers=[1, 2])) != of(pb2.Payload(numbers=[2, 1]))
    rows = [pb2.Row(sent_at="a"), pb2.Row(sent_at="b")]
    assert of(pb2.Payload(rows=rows)) != of(pb2.Payload(rows=rows[::-1]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pb2.Payload(rate=0.0), pb2.Payload(rate=-0.0)),
        (pb2.Payload(), pb2.Payload(memo="")),
        (pb2.Payload(), pb2.Payload(row=pb2.Row())),
        (pb2.Payload(small=1), pb2.Payload(large=1)),
        (pb2.Payload(row=pb2.Row(amount=1)), pb2.Payload(row=pb2.Row(amount=2))),
    ],
)
def test_what_is_not_the_same_differs(one: Any, other: Any) -> None:
    assert of(one) != of(other)


def test_a_server_that_learns_a_field_still_knows_the_payload() -> None:
    row = pb2.Row(sent_at="now", amount=300, tags={7: "x"})
    sent = pb2.Payload(
        amount=5, memo="m", rate=0.5, rows=[row, row], small=1, large=2, parts={"a": 1, "b": 2}, numbers=[1]
    )
    assert of(parsed(sent, kind=pb2.OldPayload)) == of(sent)
    unknown_first, unknown_last = pb2.Payload(amount=5), pb2.Payload(memo="m")
    assert of(parsed(unknown_first, unknown_last, kind=pb2.OldPayload)) == of(
        parsed(unknown_last, unknown_first, kind=pb2.OldPayload)
    )


def test_unknown_groups_count_as_they_are() -> None:
    group = bytes([0xA3, 0x01, 0x08, 0x01, 0x15, 1, 2, 3, 4, 0x1A, 1, 0x78, 0x23, 0x24, 0xA4, 0x01])
    message = pb2.Payload.FromString(group + pb2.Payload(amount=5).SerializeToString())
    assert of(message) == of(pb2.Payload.FromString(pb2.Payload(amount=5).SerializeToString() + group))
    assert of(message) != of(pb2.Payload(amount=5))


def test_what_is_inside_an_any_counts_as_its_bytes() -> None:
    packed = AnyMessage()
    packed.Pack(pb2.Row(amount=1))
    assert of(pb2.Payload(more=packed)) == of(pb2.Payload(more=packed))
    assert of(pb2.Payload(more=packed)) != of(pb2.Payload())


@pytest.mark.parametrize("pointer", ["/row/sent_at", "/row/sentAt"])
def test_ignored_fields_do_not_count(pointer: str) -> None:
    one, other = (
        pb2.Payload(row=pb2.Row(sent_at=at, amount=1), rows=[pb2.Row(sent_at=at)], amount=5) for at in "ab"
    )
    assert of(one, ignore=(pointer,)) != of(other, ignore=(pointer,))
    assert of(one, ignore=(pointer, "/rows/sent_at")) == of(other, ignore=(pointer, "/rows/sent_at"))
    assert of(one, ignore=("/row", "/row/sent_at", "/rows")) == of(
        other, ignore=("/row", "/row/tags", "/rows")
    )


def test_bytes_count_as_they_are() -> None:
    assert of(b"a") == of(b"a") != of(b"b")


def test_a_secret_makes_another_fingerprint() -> None:
    request = RpcRequest(pb2.Payload(amount=5))
    keyed_print = request.fingerprint(PLAIN, {"2025": b"a secret of sixteen"})
    assert keyed_print.stored.startswith("v1:2025:")
    assert keyed_print.matches(request.fingerprint(PLAIN, {}).stored)


SAME_ELSEWHERE = """
import importlib, sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from google.protobuf.internal import api_implementation
from idem_runtime.adapters.rpc.requests import RpcRequest
from idem_runtime.marks import MoneyMoving
assert api_implementation.Type() == "python"
for sent in sys.argv[3:]:
    module, name, data = sent.split(":")
    message = getattr(importlib.import_module(module), name).FromString(bytes.fromhex(data))
    print(RpcRequest(message).fingerprint(MoneyMoving(), {}).stored)
"""


def elsewhere(*messages: Any) -> list[str]:
    """The fingerprints that a process makes whose protobuf is the one in Python."""
    environment = {**os.environ, "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"}
    root = str(Path(__file__).parents[4])
    sent = [
        f"{sys.modules[type(message).__module__].__name__}:{type(message).__name__}:{message.SerializeToString().hex()}"
        for message in messages
    ]
    done = subprocess.run(
        [sys.executable, "-c", SAME_ELSEWHERE, str(FOLDER), root, *sent],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_the_other_implementation_of_protobuf_makes_the_same_fingerprint() -> None:
    sent = pb2.Payload(
        amount=-5,
        rate=0.1,
        row=pb2.Row(tags={n: str(n) for n in range(30)}),
        parts={str(n): n for n in range(30)},
    )
    assert elsewhere(sent) == [of(sent)]
