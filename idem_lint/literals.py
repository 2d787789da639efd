"""Arithmetic of known values: concatenated lists, unpacked tuples, ``dict.items()``, ``str.upper()``."""

from __future__ import annotations

import ast

from idem_lint.values import UNKNOWN, Const, Either, Items, Table, Value, either, options

_COPIES = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter"})


def iterate(value: Value) -> Value:
    """The items that a loop over the value sees."""
    if isinstance(value, Table):
        return Items(tuple(key for key, _ in value.pairs), value.complete)
    if isinstance(value, Either):
        rounds = [iterate(option) for option in value.options]
        known = [item for item in rounds if isinstance(item, Items)]
        if len(known) < len(rounds):
            return UNKNOWN
        return Items(
            tuple(item for each in known for item in each.items), all(each.complete for each in known)
        )
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
        return bool(value.items) or (False if value.complete else None)
    if isinstance(value, Table):
        return bool(value.pairs) or (False if value.complete else None)
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
    if isinstance(owner, Table):
        return next((value for name, value in reversed(owner.pairs) if name == key), UNKNOWN)
    if (
        isinstance(owner, Items)
        and isinstance(key.value, int)
        and -len(owner.items) <= key.value < len(owner.items)
    ):
        return owner.items[key.value]
    return UNKNOWN


def binary(operator: ast.operator, left: Value, right: Value) -> Value:
    """``left + right`` and ``left | right`` of lists, sets, dicts and texts."""
    if isinstance(left, Items) or isinstance(right, Items):
        parts = [part for part in (left, right) if isinstance(part, Items)]
        items = tuple(value for part in parts for value in part.items)
        if isinstance(operator, ast.Sub):
            items = tuple(v for v in parts[0].items if len(parts) > 1 and v not in parts[1].items)
        return Items(items, len(parts) == 2 and all(part.complete for part in parts))
    if isinstance(left, Table) and isinstance(right, Table):
        return Table(left.pairs + right.pairs, left.complete and right.complete)
    if isinstance(operator, ast.Div) and isinstance(right, Const) and isinstance(right.value, str):
        return _text(_text(left, Const("/")), right)  # a path
    if isinstance(operator, ast.Add) and (isinstance(left, Const) or isinstance(right, Const)):
        return _text(left, right)
    return UNKNOWN


def _text(left: Value, right: Value) -> Value:
    parts = [part.value if isinstance(part, Const) else "{…}" for part in (left, right)]
    texts = [part for part in parts if isinstance(part, str)]
    return Const("".join(texts)) if len(texts) == 2 else UNKNOWN


def method(owner: Const | Items | Table, name: str, arguments: list[Value]) -> Value:
    """A method of a literal: the few that route tables are made with."""
    if isinstance(owner, Table):
        return _table_method(owner, name, arguments)
    if isinstance(owner, Items):
        return owner if name in {"copy", "union"} and not arguments else UNKNOWN
    if isinstance(owner.value, str):
        if name in {"upper", "lower", "strip", "title"}:
            return Const(getattr(owner.value, name)())
        if name == "split" and not arguments:
            return Items(tuple(Const(word) for word in owner.value.split()))
        if name == "split" and isinstance(arguments[0], Const) and isinstance(arguments[0].value, str):
            return Items(tuple(Const(word) for word in owner.value.split(arguments[0].value or None)))
        if name == "format":
            return Const(owner.value)
    return UNKNOWN


def _table_method(owner: Table, name: str, arguments: list[Value]) -> Value:
    if name == "items":
        return Items(tuple(Items(pair) for pair in owner.pairs), owner.complete)
    if name == "values":
        return Items(tuple(value for _, value in owner.pairs), owner.complete)
    if name == "keys":
        return iterate(owner)
    if name == "get" and arguments:
        found = item(owner, arguments[0])
        return found if found != UNKNOWN or len(arguments) == 1 else arguments[1]
    return UNKNOWN


def function(name: str, arguments: list[Value]) -> Value | None:
    """A builtin function of literals; ``None`` where it is not one of those."""
    if name in _COPIES:
        return iterate(arguments[0]) if arguments else Items(())
    rows = [iterate(argument) for argument in arguments]
    known = [row.items for row in rows if isinstance(row, Items)]
    if not known or len(known) < len(rows):
        return None
    if name == "enumerate":
        return Items(tuple(Items((Const(index), value)) for index, value in enumerate(known[0])))
    if name == "zip":
        return Items(tuple(Items(row) for row in zip(*known, strict=False)))
    return None


def grown(value: Items | Table, verb: str, added: list[Value]) -> Items | Table:
    """A collection after ``append``, ``extend``, ``insert``, ``add``, ``update`` or an item assignment."""
    if isinstance(value, Table):
        if verb == "update" and added and isinstance(added[0], Table):
            return Table(value.pairs + added[0].pairs, value.complete and added[0].complete)
        return Table((*value.pairs, (added[0], added[1])), value.complete) if verb == "__setitem__" else value
    if verb in {"append", "add", "insert"} and added:
        return Items((*value.items, added[-1]), value.complete)
    more = iterate(added[0]) if verb in {"extend", "update"} and added else UNKNOWN
    return (
        Items(value.items + more.items, value.complete and more.complete)
        if isinstance(more, Items)
        else value
    )
