"""Results as JSON and back, by type and field: the values of the modules ``result_types`` and ``run_results``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast

from idem_lint import result_types, run_results

_TUPLE, _MAPPING, _SET = "", "mapping", "set"


def encoded(value: object) -> Any:
    """``value`` as JSON has it: every value that is no text, number or None is a list that begins with its type."""
    name = type(value).__name__
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        return [_MAPPING, *([encoded(key), encoded(item)] for key, item in pairs)]
    if isinstance(value, frozenset):
        return [_SET, *sorted(map(encoded, cast("frozenset[object]", value)))]
    if is_dataclass(value):
        record = cast("Any", value)
        return [name, *(encoded(getattr(record, field.name)) for field in fields(record))]
    if isinstance(value, tuple):
        items = map(encoded, cast("tuple[object, ...]", value))
        return [_TUPLE if name == "tuple" else name, *items]
    raise TypeError(name)


def decoded(text: Any) -> Any:
    """The value of a JSON text. Raises KeyError, TypeError, ValueError where it is none of ours."""
    if text is None or isinstance(text, str | int | float):
        return text
    name, *items = text
    if name == _MAPPING:
        return {decoded(key): decoded(item) for key, item in items}
    values = [decoded(item) for item in items]
    if name == _TUPLE:
        return tuple(values)
    return frozenset(values) if name == _SET else _type(name)(*values)


def _type(name: str) -> Callable[..., object]:
    for module in (result_types, run_results):
        made: Any = vars(module).get(name)
        if isinstance(made, type) and (is_dataclass(cast("type[Any]", made)) or hasattr(made, "_fields")):
            return cast("Callable[..., object]", made)
    raise KeyError(name)
