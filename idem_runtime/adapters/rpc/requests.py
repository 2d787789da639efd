"""What a request message says: its key, its fingerprint, and a copy of it for each run of the method."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from google.protobuf.message import Message

from idem_runtime.adapters.rpc.wire_format import Without, canonical
from idem_runtime.errors import ConfigurationError, KeyInvalid, KeyMissing
from idem_runtime.key import parse_key
from idem_runtime.marks import MoneyMoving
from idem_runtime.protocol.fingerprint import Fingerprint, of_material
from idem_runtime.protocol.json_pointer import split_pointer

KEY_FIELD = "idempotency_key"
KEY_METADATA = "idempotency-key"
WRAPPER = "google.protobuf.StringValue"
VERSION = b"rpc1\0"
"""Of the form in which messages are compared: it begins what is digested."""
NO_KEY = f"This operation moves money: send the field {KEY_FIELD} or the metadata {KEY_METADATA}, the same on every retry."


class RpcRequest:
    """One request message."""

    def __init__(self, message: Any) -> None:
        """``message``: protobuf's, or bytes of a method without a deserializer."""
        self.message = message

    @property
    def descriptor(self) -> Any:
        """The message's type; ``None`` where it is no protobuf message."""
        return self.message.DESCRIPTOR if isinstance(self.message, Message) else None

    def copy(self) -> Any:
        """A message of its own for one run: what a method changes in it is not there when it is run again."""
        if not isinstance(self.message, Message):
            return copy.deepcopy(self.message)
        copied = type(self.message)()
        copied.CopyFrom(self.message)
        return copied

    @cached_property
    def wire(self) -> bytes:
        """The message as bytes.

        :raises ConfigurationError: it has none.
        """
        if isinstance(self.message, Message):
            serialized: bytes = self.message.SerializeToString()
            return serialized
        if isinstance(self.message, bytes):
            return self.message
        raise ConfigurationError(
            f"a request of {type(self.message).__qualname__} is neither a protobuf message nor bytes, so it cannot be "
            "compared with an earlier one"
        )

    def key(self, metadata: Sequence[str]) -> str:
        """The key: in the field, in the ``metadata`` of that name, or the same in both.

        :raises KeyMissing: in neither. :raises KeyInvalid: not one that can be used, or two.
        """
        sent, written = [value for value in metadata if value.strip()], self._written_key()
        if not sent and not written.strip():
            raise KeyMissing(NO_KEY)
        keys = [parse_key(sent, name=KEY_METADATA)] if sent else []
        keys += [parse_key([written], name=KEY_FIELD)] if written.strip() else []
        if keys[0] != keys[-1]:
            raise KeyInvalid(f"{KEY_METADATA} and the field {KEY_FIELD} are not the same: send one of them.")
        return keys[0]

    def _written_key(self) -> str:
        field = key_field(self.descriptor)
        if field is None:
            return ""
        value = getattr(self.message, KEY_FIELD)
        return str(value.value if field.message_type is not None else value)

    def fingerprint(self, mark: MoneyMoving, secrets: dict[str, bytes]) -> Fingerprint:
        """What identifies the message, but for its key and what ``mark`` ignores."""
        descriptor = self.descriptor
        if descriptor is None:
            return of_material(VERSION + self.wire, secrets)
        without = fields_without(descriptor, mark.ignore)
        return of_material(VERSION + canonical(self.wire, descriptor, without), secrets)


def key_field(descriptor: Any) -> Any:
    """The field of a message type that holds the key, if it has one.

    :raises ConfigurationError: it is there, and holds no single text.
    """
    if descriptor is None:
        return None
    field = descriptor.fields_by_name.get(KEY_FIELD)
    if field is None:
        return None
    held = field.message_type
    wrapped = held is not None and held.full_name == WRAPPER
    if repeated(field) or not (wrapped or field.type == field.TYPE_STRING):
        raise ConfigurationError(
            f"{descriptor.full_name}.{KEY_FIELD} has to be a string (optional or not, or a {WRAPPER}): make it one, or say "
            "where the key is with @money_moving(key=…)"
        )
    return field


def fields_without(descriptor: Any, ignore: Iterable[str]) -> Without:
    """What the fingerprint leaves out of a message of this type: its key, and the fields that ``ignore`` points to.

    :raises ConfigurationError: a pointer to what is no field.
    """
    field = descriptor.fields_by_name.get(KEY_FIELD)
    without: dict[int, Any] = {} if field is None else {field.number: None}
    for pointer in ignore:
        _leave_out(descriptor, split_pointer(pointer), pointer, without)
    return without


def _leave_out(descriptor: Any, path: Sequence[str], pointer: str, without: dict[int, Any]) -> None:
    name, *below = path
    field = descriptor.fields_by_name.get(name) or descriptor.fields_by_camelcase_name.get(name)
    if field is None or (below and field.message_type is None):
        raise ConfigurationError(
            f"@money_moving(ignore={pointer!r}): {descriptor.full_name} has no such field; a pointer names fields, such as "
            "/sent_at or /payment/note (of every entry, where payment is repeated)"
        )
    if not below:
        without[field.number] = None
    elif without.get(field.number, without) is not None:
        _leave_out(field.message_type, below, pointer, without.setdefault(field.number, {}))


def repeated(field: Any) -> bool:
    """Whether a field holds many values; how that is asked has changed with protobuf 6."""
    own = getattr(field, "is_repeated", None)
    return bool(field.label == field.LABEL_REPEATED if own is None else own)
