"""One form for all serializations of a message, for its fingerprint.

Protobuf promises no canonical bytes, not even with ``deterministic=True``: they differ between its implementations, with
the order of unknown fields, and change when the server learns a field. What is compared is the wire format sorted by field
number, down to every message that the server knows (extensions and groups, too), with the entries of maps in order. What is
opaque to the server (an unknown field, an ``Any``) counts as its bytes.

Values stay as they are: -0.0 and 0.0 differ, and so do a field with presence that is empty and one that is absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from idem_runtime.errors import ConfigurationError

Without: TypeAlias = Mapping[int, Any]
"""Fields to leave out, by number: ``None`` for all of it, else what to leave out in the message that it holds."""

_LENGTH, _GROUP, _GROUP_END = 2, 3, 4
_FIXED = {1: 8, 5: 4}


class Field(NamedTuple):
    """One field of a message."""

    number: int
    kind: int
    """On the wire."""
    whole: bytes
    tag: int
    """Where its tag ends."""
    payload: slice


class Nested(NamedTuple):
    """What a field holds that is a message."""

    descriptor: Any
    is_map: bool
    kind: int
    """On the wire; the same number in another kind is a field that the server does not know."""


def canonical(data: bytes, descriptor: Any, without: Without | None = None) -> bytes:
    """``data``, a serialized message of the type ``descriptor``, in its one form."""
    left_out, known, rows = without or {}, nested_messages(descriptor), list[tuple[int, bytes]]()
    for field in _fields(data):
        number, below = field.number, left_out.get(field.number, False)
        if below is None:
            continue
        nested = known.get(number)
        if nested is None or field.kind != nested.kind:
            rows.append((number, field.whole))
            continue
        inner = canonical(field.whole[field.payload], nested.descriptor, below or None)
        rows.append((number, _with_payload(field, inner)))
    maps = {number for number, nested in known.items() if nested.is_map}
    rows.sort(key=lambda row: (row[0], row[1] if row[0] in maps else b""))
    return b"".join(whole for _, whole in rows)


def _with_payload(field: Field, inner: bytes) -> bytes:
    before, after = field.whole[: field.tag], field.whole[field.payload.stop :]
    return before + inner + after if field.kind == _GROUP else before + _varint_of(len(inner)) + inner


def nested_messages(descriptor: Any) -> dict[int, Nested]:
    """The fields of a message type that hold messages, by number; extensions, too, as many as are loaded by now."""
    own = _nested_in_type(descriptor)
    if not descriptor.is_extendable:
        return own
    return own | _nested(descriptor.file.pool.FindAllExtensions(descriptor))


@lru_cache(maxsize=1024)
def _nested_in_type(descriptor: Any) -> dict[int, Nested]:
    return _nested(descriptor.fields)


def _nested(fields: Iterable[Any]) -> dict[int, Nested]:
    return {
        field.number: Nested(
            field.message_type,
            field.message_type.GetOptions().map_entry,
            _GROUP if field.type == field.TYPE_GROUP else _LENGTH,  # a group, or DELIMITED
        )
        for field in fields
        if field.message_type is not None
    }


def check_type(descriptor: Any) -> None:
    """:raises ConfigurationError: messages of this type, or what they hold, have no one form."""
    seen, left = set[str](), [descriptor]
    while left:
        found = left.pop()
        if found.GetOptions().message_set_wire_format:
            raise ConfigurationError(
                f"{descriptor.full_name} holds a {found.full_name}, a MessageSet, which has no form in which it can be "
                "compared: say what identifies a request with @money_moving(fingerprint=…)"
            )
        if found.full_name not in seen:
            seen.add(found.full_name)
            left += [nested.descriptor for nested in nested_messages(found).values()]


def _fields(data: bytes) -> Iterator[Field]:
    position = 0
    while position < len(data):
        start = position
        tag, position = _varint(data, position)
        after_tag, kind = position, tag & 7
        payload, payload_end, position = _parts(data, position, kind)
        inside = slice(payload - start, payload_end - start)
        yield Field(tag >> 3, kind, data[start:position], after_tag - start, inside)


def _parts(data: bytes, position: int, kind: int) -> tuple[int, int, int]:
    """Where the payload of a field begins and ends, and where the field does: a group has a tag at its end."""
    if kind == _LENGTH:
        size, payload = _varint(data, position)
        return payload, payload + size, payload + size
    if kind == _GROUP:
        return (position, *_ends_of_group(data, position))
    end = position + _FIXED[kind] if kind in _FIXED else _varint(data, position)[1]
    return position, end, end


def _ends_of_group(data: bytes, position: int) -> tuple[int, int]:
    while True:
        tag, after_tag = _varint(data, position)
        if tag & 7 == _GROUP_END:
            return position, after_tag
        position = _parts(data, after_tag, tag & 7)[2]


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
