"""One form for all serializations of a message, for its fingerprint.

Protobuf promises no canonical bytes, not even with ``deterministic=True``: they differ between its implementations, with
the order of unknown fields, and change when the server learns a field. What is compared is the wire format sorted by field
number, down to every message that the server knows, with the entries of maps in order. What is opaque to the server (an
unknown field, an ``Any``) counts as its bytes.

Values stay as they are: -0.0 and 0.0 differ, and so do a field with presence that is empty and one that is absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

Without: TypeAlias = Mapping[int, Any]
"""Fields to leave out, by number: ``None`` for all of it, else what to leave out in the message that it holds."""

_LENGTH, _GROUP, _GROUP_END = 2, 3, 4
_FIXED = {1: 8, 5: 4}


class Field(NamedTuple):
    """One field of a message: its number, all its bytes, and where its payload begins if it has a length."""

    number: int
    whole: bytes
    tag: int = 0
    payload: int | None = None


class Nested(NamedTuple):
    """What a field holds that is a message."""

    descriptor: Any
    is_map: bool


def canonical(data: bytes, descriptor: Any, without: Without | None = None) -> bytes:
    """``data``, a serialized message of the type ``descriptor``, in its one form."""
    left_out, known, rows = without or {}, nested_messages(descriptor), list[tuple[int, bytes]]()
    for field in _fields(data):
        number, below = field.number, left_out.get(field.number, False)
        if below is None:
            continue
        nested = known.get(number)
        if nested is None or field.payload is None:
            rows.append((number, field.whole))
            continue
        inner = canonical(field.whole[field.payload :], nested.descriptor, below or None)
        rows.append((number, field.whole[: field.tag] + _varint_of(len(inner)) + inner))
    maps = {number for number, nested in known.items() if nested.is_map}
    rows.sort(key=lambda row: (row[0], row[1] if row[0] in maps else b""))
    return b"".join(whole for _, whole in rows)


@lru_cache(maxsize=1024)
def nested_messages(descriptor: Any) -> dict[int, Nested]:
    """The fields of a message type that hold messages, by number."""
    return {
        field.number: Nested(field.message_type, field.message_type.GetOptions().map_entry)
        for field in descriptor.fields
        if field.type == field.TYPE_MESSAGE
    }


def _fields(data: bytes) -> Iterator[Field]:
    position = 0
    while position < len(data):
        start = position
        tag, position = _varint(data, position)
        after_tag, kind = position, tag & 7
        if kind == _LENGTH:
            size, position = _varint(data, position)
            payload, position = position, position + size
            yield Field(tag >> 3, data[start:position], after_tag - start, payload - start)
        else:
            position = _end(data, position, kind)
            yield Field(tag >> 3, data[start:position])


def _end(data: bytes, position: int, kind: int) -> int:
    """Where a field of another wire type ends."""
    if kind in _FIXED:
        return position + _FIXED[kind]
    if kind != _GROUP:
        return _varint(data, position)[1]
    while True:
        tag, position = _varint(data, position)
        if tag & 7 == _GROUP_END:
            return position
        if tag & 7 == _LENGTH:
            size, position = _varint(data, position)
            position += size
        else:
            position = _end(data, position, tag & 7)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _varint_of(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
