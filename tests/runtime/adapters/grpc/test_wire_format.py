"""One form for messages with groups, delimited fields and extensions: in what order their maps come is not the sender's."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import pytest

from idem_runtime import ConfigurationError, money_moving
from idem_runtime.adapters.rpc.methods import Method
from idem_runtime.adapters.rpc.requests import RpcRequest
from idem_runtime.adapters.rpc.wire_format import check_type
from idem_runtime.marks import MoneyMoving
from tests.runtime.adapters.grpc.protos import FOLDER, generated
from tests.runtime.adapters.grpc.test_requests import elsewhere

groups, _ = generated("rpc_groups")
delimited, _ = generated("rpc_delimited")
NAMES = [f"n{number}" for number in range(20)]


def of(message: Any, *ignore: str) -> str:
    parsed = type(message).FromString(message.SerializeToString())
    return RpcRequest(parsed).fingerprint(MoneyMoving(ignore=ignore), {}).stored


def tags_of(message: Any, place: str) -> Any:
    return {
        "meta": lambda: message.meta.tags,
        "meta.row": lambda: message.meta.row[0].tags if message.meta.row else message.meta.row.add().tags,
        "parts": lambda: message.parts["p"].tags,
        "more": lambda: message.Extensions[groups.more].tags,
        "extra": lambda: message.Extensions[groups.extra].tags,
        "row": lambda: message.row.tags,
        "rows": lambda: message.rows["r"].tags,
        "prefixed": lambda: message.prefixed.tags,
    }[place]()


def with_tags(kind: Any, place: str, names: list[str]) -> Any:
    message = kind()
    for name in names:
        tags_of(message, place)[name] = int(name[1:])
    return message


PLACES = [
    *((groups.Payload, place) for place in ("meta", "meta.row", "parts", "more", "extra")),
    *((delimited.Payload, place) for place in ("row", "rows", "prefixed")),
]


@pytest.mark.parametrize(("kind", "place"), PLACES)
def test_the_order_of_a_map_s_entries_does_not_count_wherever_it_is(kind: Any, place: str) -> None:
    chance = random.Random(1)
    stored = {of(with_tags(kind, place, chance.sample(NAMES, len(NAMES)))) for _ in range(20)}
    assert len(stored) == 1
    assert of(with_tags(kind, place, NAMES[1:])) not in stored


def test_the_other_implementation_of_protobuf_makes_the_same_fingerprints_of_them() -> None:
    messages = [with_tags(kind, place, NAMES[::-1]) for kind, place in PLACES]
    assert elsewhere(*messages) == [of(message) for message in messages]


def test_a_field_inside_a_group_can_be_ignored() -> None:
    one, other = (groups.Payload(meta=groups.Payload.Meta(sent_at=at)) for at in "ab")
    assert of(one) != of(other)
    assert of(one, "/meta/sent_at") == of(other, "/meta/sent_at")
    first, second = (delimited.Payload(row=delimited.Row(sent_at=at)) for at in "ab")
    assert of(first, "/row/sent_at") == of(second, "/row/sent_at") != of(first)


@pytest.mark.parametrize("pointer", ["/more/sent_at", "/[idem.tests.groups.more]/sent_at", "/meta/tags/k"])
def test_a_pointer_that_cannot_be_followed_is_refused(pointer: str) -> None:
    @money_moving(ignore=(pointer,), connection="inside")
    def transfers(request: Any, context: Any) -> None: ...

    with pytest.raises(ConfigurationError, match="has no such field"):
        Method("a.B/C", transfers, None, groups.Payload.DESCRIPTOR).check()


def test_a_known_number_in_another_wire_type_is_an_unknown_field() -> None:
    """It is not read as the message that it is not."""
    row, group = b"\x12\x03abc", b"\x23\x08\x01\x24"
    one = delimited.Payload.FromString(row + group)
    assert of(one) == of(delimited.Payload.FromString(group + row)) != of(delimited.Payload())


LATER = """
import sys
sys.path.insert(0, sys.argv[1])
from google.protobuf import descriptor_pb2, descriptor_pool
from idem_runtime.adapters.rpc.wire_format import nested_messages
import rpc_groups_pb2 as groups
assert sorted(nested_messages(groups.Payload.DESCRIPTOR)) == [2, 3, 100, 101]
later = descriptor_pb2.FileDescriptorProto(name="later.proto", dependency=["rpc_groups.proto"])
later.extension.add(
    name="later", number=102, label=1, type=11,
    extendee=".idem.tests.groups.Payload", type_name=".idem.tests.groups.Part",
)
descriptor_pool.Default().AddSerializedFile(later.SerializeToString())
assert sorted(nested_messages(groups.Payload.DESCRIPTOR)) == [2, 3, 100, 101, 102]
"""


def test_an_extension_that_is_loaded_later_is_known_then() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATER, str(FOLDER)], capture_output=True, text=True, timeout=180
    )
    assert done.stderr == ""


def test_a_message_set_is_refused_unless_the_mark_says_what_identifies_a_request() -> None:
    check_type(groups.Payload.DESCRIPTOR)

    def transfers(request: Any, context: Any) -> None: ...

    marks = (
        money_moving(connection="inside"),
        money_moving(connection="inside", fingerprint=lambda request: 1),
    )
    plain, said = (Method("a.B/C", mark(transfers), None, groups.HoldsSet.DESCRIPTOR) for mark in marks)
    with pytest.raises(ConfigurationError, match=r"a idem\.tests\.groups\.Set, a MessageSet"):
        plain.check()
    said.check()
