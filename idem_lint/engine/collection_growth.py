"""What becomes of a list or dict that statements put something into."""

from __future__ import annotations

import ast
from dataclasses import replace

from idem_lint.engine import constants
from idem_lint.engine.module_facts import WITHIN, CallSite
from idem_lint.engine.value_types import UNKNOWN, Const, Items, Table, Value, either

# What changes the places of a list's items.
_MOVES = frozenset({"insert", "remove", "pop", "sort", "reverse", "__setitem__"})

_UNREAD = Table((), complete=False)
_OF_TABLES = frozenset({"__setitem__", "update", "setdefault", WITHIN})


def grown(value: Items | Table, site: CallSite, added: list[Value]) -> Items | Table:
    """A collection after ``append``, ``extend``, ``insert``, ``add``, ``update``, ``setdefault``, an item assignment, or
    after its items were moved; ``added`` is what the call is given, its keywords as a last table.
    """
    func = site.node.func
    return _after(value, func.attr if isinstance(func, ast.Attribute) else "", site, added)


def _after(value: Items | Table, verb: str, site: CallSite, added: list[Value]) -> Items | Table:
    if verb == WITHIN:
        return _within(value, site, added)
    return _table(value, verb, site, added) if isinstance(value, Table) else _items(value, verb, added)


def _within(value: Items | Table, site: CallSite, added: list[Value]) -> Items | Table:
    """A collection of collections after one of them was filled; one of a dict that was not there begins empty."""
    key, method, *given = added
    verb = str(getattr(method, "value", ""))
    known = constants.item(value, key)
    empty = Table(()) if verb in _OF_TABLES else Items(())
    inner = _after(known if isinstance(known, Items | Table) else empty, verb, site, given)
    if isinstance(value, Table):
        return Table((*(pair for pair in value.pairs if pair[0] != key), (key, inner)), value.complete)
    return replace(value, items=tuple(inner if item is known else item for item in value.items))


def with_more(value: Items | Table) -> Items | Table:
    """A collection with something in it that nobody has looked at."""
    if isinstance(value, Table):
        return Table((*value.pairs, (UNKNOWN, UNKNOWN)), complete=False)
    return Items((*value.items, UNKNOWN), complete=False, ordered=value.ordered)


def _table(value: Table, verb: str, site: CallSite, added: list[Value]) -> Table:
    if verb == "update":
        for more in added:
            filling = more if isinstance(more, Table) else _UNREAD
            value = Table(value.pairs + filling.pairs, value.complete and filling.complete)
        return value
    if verb not in {"__setitem__", "setdefault"} or len(added) != 2:
        return value
    key, item = added
    known = constants.item(value, key)
    is_there = any(name == key for name, _ in value.pairs)
    condition = _condition(site) if is_there else None
    if is_there and (verb == "setdefault" or _is_missing(key, condition)):
        return value
    return Table(
        (*value.pairs, (key, either([known, item]) if condition is not None else item)), value.complete
    )


def _items(value: Items, verb: str, added: list[Value]) -> Items:
    if verb in {"append", "add", "insert", "__setitem__"} and added:
        return Items((*value.items, added[-1]), value.complete, value.ordered and verb not in _MOVES)
    if verb in _MOVES:
        return replace(value, ordered=False)
    if verb not in {"extend", "update"} or not added:
        return value
    more = constants.iterate(added[0])
    known = more if isinstance(more, Items) else Items((), complete=False)
    return Items(
        value.items + known.items, value.complete and known.complete, value.ordered and known.ordered
    )


def _condition(site: CallSite) -> ast.expr | None:
    """The condition that a statement of a function stands under."""
    line = site.node.lineno
    branches = site.scope.branches() if site.scope.is_function else []
    tests = [part.test for part in branches if part.lineno < line <= (part.end_lineno or line)]
    return tests[-1] if tests else None


def _is_missing(key: Value, condition: ast.expr | None) -> bool:
    """Whether a condition is that a key is not there: ``"methods" not in options``, ``not options.get("methods")``."""
    if isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not):
        return any(
            isinstance(part, ast.Constant) and Const(part.value) == key for part in ast.walk(condition)
        )
    return (
        isinstance(condition, ast.Compare)
        and isinstance(condition.ops[0], ast.NotIn)
        and isinstance(condition.left, ast.Constant)
        and Const(condition.left.value) == key
    )
