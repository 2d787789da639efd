"""What a queue hands over beside a message: it is new with every delivery, so that it identifies no payload."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import Function, MoneyMoving
from idem_runtime.startup.lending_values import class_of

RECEIPT = "receiptHandle"
"""Of an SQS message, beside how often it was received."""
SCALARS = frozenset({NoneType, bool, int, float, str, bytes, Decimal, UUID})
"""Classes of most arguments, which are no mappings and no models."""


def refuse_deliveries(mark: MoneyMoving, function: Function, arguments: dict[str, Any]) -> None:
    """A record of SQS is no payload, unless ``fingerprint=`` or ``ignore=`` of the mark says what of it is.

    :raises ConfigurationError: every redelivery would be refused as another payload under the same key.
    """
    for name, value in arguments.items():
        if type(value) not in SCALARS and _is_delivery(value):
            _refuse(mark, function, name)


def _refuse(mark: MoneyMoving, function: Function, name: str) -> None:
    if not any(pointer.endswith(f"/{RECEIPT}") for pointer in mark.ignore):
        raise ConfigurationError(
            f"{function.__qualname__} is @money_moving, and its argument {name} is what SQS delivers: its receipt is new "
            "each time, so that a redelivery would be refused as key_reused. Mark a function that is called with the "
            "message's body, or say what identifies the payload with fingerprint=…"
        )


def _is_delivery(value: Any) -> bool:
    """Whether ``value`` is a record, or an event of records; as a mapping (Powertools' classes are) or a pydantic model."""
    kind = class_of(value)
    if not issubclass(kind, Mapping):
        return RECEIPT in getattr(kind, "model_fields", ())
    if RECEIPT in value:
        return True
    records: Any = value.get("Records")
    return issubclass(class_of(records), list) and any(map(_is_delivery, records))
