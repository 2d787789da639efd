"""Arithmetic of known values: concatenated lists, unpacked tuples, ``dict.items()``, ``str.upper()``."""

from __future__ import annotations

import ast
from dataclasses import replace

from idem_lint.engine.value_types import (
    UNKNOWN,
    Const,
    Either,
    External,
    Items,
    Made,
    Member,
    Parameter,
    Table,
    Value,
    either,
    options,
)

# What stands in a text for a part that the source does not tell.
UNKNOWN_PART = "{…}"
_COPIES = frozenset({"list", "tuple", "iter"})
_SETS = frozenset({"set", "frozenset"})
_MADE_OF_ONE = _COPIES | _SETS | {"sorted", "reversed"}
_TEXT_METHODS = frozenset(
    {"startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition"}
)
# The builtins that :func:`function` knows.
FUNCTIONS = _MADE_OF_ONE | {"enumerate", "zip"}
_SET_METHODS: dict[str, ast.operator] = {
    "union": ast.BitOr(),
    "difference": ast.Sub(),
    "intersection": ast.BitAnd(),
    "symmetric_difference": ast.BitXor(),
}


def iterate(value: Value) -> Value:
    """The items that a loop over the value sees."""
    if isinstance(value, Table):
        return Items(tuple(dict.fromkeys(key for key, _ in value.pairs)), value.complete)
    if isinstance(value, Either):
        rounds = [iterate(option) for option in value.options]
        known = [item for item in rounds if isinstance(item, Items)]
        if len(known) < len(rounds):
            return UNKNOWN
        every = tuple(item for each in known for item in each.items)
        return Items(every, all(each.complete for each in known), ordered=False)
    return value if isinstance(value, Items) else UNKNOWN


def items(value: Value) -> tuple[Value, ...]:
    """The known items of an iterable."""
    rounds = iterate(value)
    return rounds.items if isinstance(rounds, Items) else ()


def truth(value: Value) -> bool | None:
    """Whether a value is true in a condition; ``None`` where it cannot be told."""
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, Items):
        if value.items:  # of those that a comprehension's condition leaves there may be fewer
            return True if value.ordered else None
        return False if value.complete else None
    if isinstance(value, Table):
        if value.pairs:
            return True if value.complete and value.certain else None
        return False if value.complete else None
    return None


def any_of(value: Value) -> Value:
    """Any one item of an iterable."""
    items = iterate(value)
    return either(list(items.items)) if isinstance(items, Items) else UNKNOWN


def unpack(value: Value, path: tuple[int, ...]) -> Value:
    """The part of a value that an unpacking assignment reaches by these indices."""
    for index in path:
        value = either([item(option, Const(index)) for option in options(value)])
    return value


def item(owner: Value, key: Value) -> Value:
    """``owner[key]`` for a constant key."""
    if not isinstance(key, Const):
        return UNKNOWN
    if isinstance(owner, Parameter):
        return Member(owner, f"[{key.value!r}]")
    if isinstance(owner, Made) and isinstance(owner.callee, External) and isinstance(key.value, int):
        return Member(owner, f"[{key.value}]")
    if isinstance(owner, Table):
        return next((value for name, value in reversed(owner.pairs) if name == key), UNKNOWN)
    if not isinstance(owner, Items) or not isinstance(key.value, int):
        return UNKNOWN
    if not owner.ordered:
        return either(list(owner.items))
    return owner.items[key.value] if -len(owner.items) <= key.value < len(owner.items) else UNKNOWN


def part(owner: Value, bounds: list[Value]) -> Value:
    """``owner[start:stop:step]`` of a list or text that is known as a whole, for constant bounds."""
    given = [each.value for each in bounds if isinstance(each, Const)]
    numbers = [each for each in given if each is None or isinstance(each, int)]
    if len(numbers) < len(bounds) or numbers[-1] == 0:  # Python refuses such a step
        return UNKNOWN
    if isinstance(owner, Items) and owner.ordered and owner.complete:
        return Items(owner.items[slice(*numbers)])
    if isinstance(owner, Const) and isinstance(owner.value, str):
        return Const(owner.value[slice(*numbers)])
    return UNKNOWN


def as_set(row: Items) -> Items:
    """The items as a set has them: each once, in no order."""
    return Items(tuple(dict.fromkeys(row.items)), row.complete, ordered=False)


def binary(operator: ast.operator, left: Value, right: Value) -> Value:
    """``left + right``, ``left | right`` and their like, of lists, sets, dicts and texts."""
    if isinstance(left, Items) or isinstance(right, Items):
        return _combined(operator, left, right)
    if isinstance(left, Table) and isinstance(right, Table):
        return Table(
            left.pairs + right.pairs, left.complete and right.complete, left.certain or right.certain
        )
    if isinstance(operator, ast.Div) and isinstance(right, Const) and isinstance(right.value, str):
        return _text(_text(left, Const("/")), right)  # a path
    if isinstance(operator, ast.Add) and (isinstance(left, Const) or isinstance(right, Const)):
        return _text(left, right)
    return UNKNOWN


def chained(rows: list[Value]) -> Value:
    """The items of several iterables, one after the other."""
    result: Value = Items(())
    for row in rows:
        result = binary(ast.Add(), result, iterate(row))
    return result


def merged(tables: list[Value]) -> Value:
    """Several dicts as one, in which the last that has a key gives it."""
    result: Value = Table(())
    for table in tables:
        result = binary(ast.BitOr(), result, table)
    return result


def first(value: Value, *, is_new: bool) -> Value | None:
    """What ``next`` gives of an iterable: its first item where it is new, else any; ``None`` where none is known."""
    row = iterate(value)
    if not isinstance(row, Items) or not row.items:
        return None
    return row.items[0] if is_new and row.ordered else either(list(row.items))


def _combined(operator: ast.operator, left: Value, right: Value) -> Value:
    """What an operator makes of two collections; what of one and something unknown is in the result for certain."""
    known = [part for part in (left, right) if isinstance(part, Items)]
    is_whole = len(known) == 2 and all(part.complete for part in known)
    first, second = known[0], known[-1]
    if isinstance(operator, ast.Add | ast.BitOr):
        both = Items(tuple(value for part in known for value in part.items), is_whole)
        return both if first.ordered and second.ordered else as_set(both)
    is_of_sets = isinstance(operator, ast.Sub | ast.BitAnd | ast.BitXor)
    if not (is_of_sets and is_whole and _comparable((*first.items, *second.items))):
        return Items((), complete=False)
    if isinstance(operator, ast.BitAnd):
        return as_set(Items(tuple(value for value in first.items if value in second.items)))
    rest = tuple(value for value in first.items if value not in second.items)
    if isinstance(operator, ast.BitXor):
        rest += tuple(value for value in second.items if value not in first.items)
    return as_set(Items(rest))


def _comparable(values: tuple[Value, ...]) -> bool:
    """Whether values are of one kind that can be told apart from the source."""
    return all(isinstance(each, Const) for each in values) or all(
        isinstance(each, External) for each in values
    )


def _text(left: Value, right: Value) -> Value:
    parts = [part.value if isinstance(part, Const) else UNKNOWN_PART for part in (left, right)]
    texts = [part for part in parts if isinstance(part, str)]
    return Const("".join(texts)) if len(texts) == 2 else UNKNOWN


_OF_TABLES = frozenset({"items", "keys", "values"})


def method(owner: Const | Items | Table, name: str, arguments: list[Value]) -> Value:
    """A method of a literal: the few that route tables are made with."""
    if isinstance(owner, Table):
        return _table_method(owner, name, arguments)
    if isinstance(owner, Items):
        return _items_method(owner, name, arguments)
    return _of_text(owner.value, name, arguments) if isinstance(owner.value, str) else UNKNOWN


def _of_text(text: str, name: str, arguments: list[Value]) -> Value:
    if name in {"upper", "lower", "strip", "title"}:
        return Const(getattr(text, name)())
    if name in _TEXT_METHODS:
        return _text_method(text, name, arguments)
    if name == "split" and not arguments:
        return Items(tuple(Const(word) for word in text.split()))
    if name == "split" and isinstance(arguments[0], Const) and isinstance(arguments[0].value, str):
        return Items(tuple(Const(word) for word in text.split(arguments[0].value or None)))
    if name in _OF_TABLES:  # a text has none of them: what a loop does with them is for what is no text
        return Items(())
    if name == "join" and arguments:
        return _joined(text, iterate(arguments[0]))
    return Const(text) if name == "format" else UNKNOWN


def _joined(between: str, row: Value) -> Value:
    """What ``", ".join(words)`` gives, where all the words are known."""
    if not isinstance(row, Items) or not row.complete:
        return UNKNOWN
    words = [each.value for each in row.items if isinstance(each, Const)]
    known = [word for word in words if isinstance(word, str)]
    return Const(between.join(known)) if len(known) == len(row.items) else UNKNOWN


def _text_method(text: str, name: str, arguments: list[Value]) -> Value:
    """A method of a text that is given one text."""
    given = arguments[0].value if len(arguments) == 1 and isinstance(arguments[0], Const) else None
    if not isinstance(given, str) or not given or UNKNOWN_PART in text + given:
        return UNKNOWN
    found: str | bool | int | tuple[str, ...] | list[str] = getattr(text, name)(given)
    return Items(tuple(map(Const, found))) if isinstance(found, tuple) else Const(found)


def _items_method(owner: Items, name: str, arguments: list[Value]) -> Value:
    if name == "copy":
        return owner
    operator = _SET_METHODS.get(name)
    if operator is None:
        return UNKNOWN
    result: Value = owner
    for argument in arguments:
        result = binary(operator, result, iterate(argument))
    return result


def _table_method(owner: Table, name: str, arguments: list[Value]) -> Value:
    if name == "items":
        return Items(tuple(Items(pair) for pair in owner.pairs), owner.complete)
    if name == "values":
        return Items(tuple(value for _, value in owner.pairs), owner.complete)
    if name == "keys":
        return iterate(owner)
    if name in {"get", "pop", "setdefault"} and arguments:
        found = item(owner, arguments[0])
        return found if found != UNKNOWN or len(arguments) == 1 else arguments[1]
    return UNKNOWN


def function(name: str, arguments: list[Value], *, plain: bool = True) -> Value | None:
    """A builtin function of literals; ``None`` where it is not one of those. ``plain``: it is given no keywords."""
    if name in _MADE_OF_ONE:
        if arguments and isinstance(arguments[0], Parameter):  # the callers decide what is in it
            return arguments[0]
        return _copied(name, iterate(arguments[0]), plain=plain) if arguments else Items(())
    rows = [iterate(argument) for argument in arguments]
    known = [row.items for row in rows if isinstance(row, Items)]
    if not known or len(known) < len(rows):
        return None
    if name == "enumerate":
        return Items(tuple(Items((Const(index), value)) for index, value in enumerate(known[0])))
    if name == "zip":
        return Items(tuple(Items(row) for row in zip(*known, strict=False)))
    return None


def _copied(name: str, row: Value, *, plain: bool) -> Value:
    if not isinstance(row, Items) or name in _COPIES:
        return row
    if name == "reversed":
        return replace(row, items=row.items[::-1])
    if name in _SETS:
        return as_set(row)
    texts = [value.value for value in row.items if isinstance(value, Const)]
    known = sorted(text for text in texts if isinstance(text, str))
    if plain and row.complete and len(known) == len(row.items):
        return Items(tuple(map(Const, known)))
    return replace(row, ordered=False)
