"""Forms and serializers by which whoever asks says what somebody has: of a wallet, with a ``balance`` among the fields."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import terminal
from idem_lint.engine.value_types import Const, Items, Klass, Value, options
from idem_lint.reach.column_names import is_balance
from idem_lint.reach.records import Record, Records

_READ_ONLY = frozenset({"SerializerMethodField", "ReadOnlyField"})


class GivenBalances:
    """Answers whether a form, a serializer or a view with ``fields`` takes a balance from the request."""

    def __init__(self, evaluator: Evaluator, records: Records) -> None:
        self._evaluator = evaluator
        self._records = records

    def of(self, klass: Klass) -> Record | None:
        """The holder of money whose balance a class takes; ``None`` where it takes none."""
        for part in (klass, *_classes(self._evaluator.class_attribute(klass, "Meta"))):
            for model in _classes(self._evaluator.class_attribute(part, "model")):
                record = self._records.of_class(model)
                if record is not None and record.money == "holder" and self._takes(klass, part, record):
                    return record
        return None

    def _takes(self, klass: Klass, named_in: Klass, record: Record) -> bool:
        fields = self._evaluator.class_attribute(named_in, "fields")
        left_out = {
            name
            for attribute in ("exclude", "read_only_fields")
            for name in _names(self._evaluator.class_attribute(named_in, attribute))
        }
        balances = {name for name in record.columns if is_balance(name)} - left_out
        if isinstance(fields, Items):
            balances &= set(_names(fields))
        elif fields != Const("__all__") and self._evaluator.class_attribute(named_in, "exclude") is None:
            return False
        shown = {*_read_only(klass), *(name for each in self._columns(record) for name in each)}
        return bool(balances - shown)

    def _columns(self, record: Record) -> Iterator[Iterator[str]]:
        """The columns of a model that no form changes, class by class."""
        for base in self._evaluator.mro(record.klass) if record.klass is not None else ():
            if isinstance(base, Klass):
                yield _read_only(base)


def _read_only(klass: Klass) -> Iterator[str]:
    """The fields and columns of a class body that are only shown: ``read_only=True``, ``editable=False``."""
    for part in klass.node.body:
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call):
            told = {
                word.arg: word.value.value
                for word in part.value.keywords
                if isinstance(word.value, ast.Constant)
            }
            is_shown = told.get("read_only") is True or told.get("editable") is False
            if is_shown or terminal(part.value.func) in _READ_ONLY:
                yield from (target.id for target in part.targets if isinstance(target, ast.Name))


def _names(value: Value | None) -> Iterator[str]:
    items = value.items if isinstance(value, Items) else ()
    yield from (str(item.value) for item in items if isinstance(item, Const))


def _classes(value: Value | None) -> list[Klass]:
    return [option for option in options(value) if isinstance(option, Klass)] if value is not None else []


__all__ = ["GivenBalances"]
