"""Where a protobuf message has its idempotency key, found by its descriptor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idem_runtime.errors import ConfigurationError


@dataclass(frozen=True)
class KeyField:
    """The field of a request message that holds the key."""

    request: Any
    field: str
    wrapped: bool

    @property
    def value(self) -> str:
        """The key that is there; empty: none is."""
        value = getattr(self.request, self.field)
        return str(value.value if self.wrapped else value)

    def copy_with(self, key: str) -> Any:
        """The request with ``key`` in it."""
        copied = type(self.request)()
        copied.CopyFrom(self.request)
        if self.wrapped:
            getattr(copied, self.field).value = key
        else:
            setattr(copied, self.field, key)
        return copied


def key_field(request: Any, field: str) -> KeyField | None:
    """Where ``request`` has its key; ``None``: it has no such field. :raises ConfigurationError: the field is no text."""
    descriptor = getattr(request, "DESCRIPTOR", None)
    if descriptor is None or field not in descriptor.fields_by_name:
        return None
    value = getattr(request, field)
    wrapped = getattr(getattr(value, "DESCRIPTOR", None), "full_name", "") == "google.protobuf.StringValue"
    if not wrapped and not isinstance(value, str):
        raise ConfigurationError(f"{descriptor.full_name}.{field} is no string, so it cannot hold a key")
    return KeyField(request, field, wrapped)
