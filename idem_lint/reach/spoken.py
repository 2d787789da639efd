"""What the text of one function speaks of: the calls, the names and the texts that signs of money are told by."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from idem_lint.engine.module_facts import terminal
from idem_lint.reach.column_names import is_done, is_settled, is_status

_LONGEST_WORD = 40
_LONGEST_STATUS = 20
_TELLS_PEOPLE = frozenset({"add_message", "flash", "toast"})
"""What a page tells whoever looks at it, *success* among it."""


@dataclass(slots=True, eq=False)
class Spoken:
    """What the text of one function speaks of."""

    calls: list[ast.Call] = field(default_factory=list[ast.Call])
    names: set[str] = field(default_factory=set[str])
    """Names, attributes, keywords, parameters, and texts of one word."""
    stored: list[ast.expr] = field(default_factory=list[ast.expr])
    counted: list[ast.expr] = field(default_factory=list[ast.expr])
    """Where it sets attributes and items, and what it counts up or down."""
    ends: list[ast.expr] = field(default_factory=list[ast.expr])
    """Texts that are an end of a movement: ``paid``."""
    ended: list[ast.Attribute] = field(default_factory=list[ast.Attribute])
    """The statuses that it sets to such an end: ``order.status = Status.COMPLETED``."""


def spoken_in(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Spoken:
    """What one function speaks of, whatever it calls."""
    spoken = Spoken()
    no_ends: set[ast.expr | None] = set()
    spec = function.args
    spoken.names.update(each.arg for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs))
    for statement in [function.body] if isinstance(function, ast.Lambda) else function.body:
        for node in ast.walk(statement):
            no_ends.update(_no_ends(node))
            spoken.names.update(_names(node))
            if isinstance(node, ast.Call):
                spoken.calls.append(node)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                _hears(spoken, node, node.value, may_end=node not in no_ends)
            elif isinstance(node, ast.AugAssign):
                spoken.counted.append(node.target)
            elif isinstance(node, ast.Assign):
                spoken.ended.extend(_ended(node))
            elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
                spoken.stored.append(node)
    return spoken


def _names(node: ast.AST) -> list[str]:
    """What a node is called, or calls something."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.keyword):
        return [node.arg or ""]
    return [node.attr] if isinstance(node, ast.Attribute) else []


def _no_ends(node: ast.AST) -> list[ast.expr | None]:
    """The texts that tell a person or a program that all went well, and nothing of money: ``flash(message, "success")``,
    ``return {"status": "success"}``.
    """
    if isinstance(node, ast.Call) and terminal(node.func) in _TELLS_PEOPLE:
        return [*node.args, *(word.value for word in node.keywords)]
    if isinstance(node, ast.Dict):
        return [key for key in node.keys if _is_success(key)]
    if isinstance(node, ast.Return):
        tables = [part for part in ast.walk(node) if isinstance(part, ast.Dict)]
        return [value for table in tables for value in table.values if _is_success(value)]
    return []


def _ended(node: ast.Assign) -> list[ast.Attribute]:
    """The statuses that a statement sets to an end of a movement."""
    values = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
    return [
        target
        for target in node.targets
        if isinstance(target, ast.Attribute) and is_status(target.attr)
        if any(_says_end(value, target.attr) for value in values)
    ]


def _says_end(value: ast.expr, column: str) -> bool:
    """Whether a status is such an end: ``"paid"``, ``Status.PAID.value``; ``True`` where the column says it."""
    if isinstance(value, ast.Constant):
        return is_done(column if value.value is True else str(value.value))
    value = value.value if isinstance(value, ast.Attribute) and value.attr == "value" else value
    return terminal(value).isupper() and is_done(terminal(value))


def _is_success(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value == "success"


def _hears(spoken: Spoken, node: ast.Constant, text: str, *, may_end: bool) -> None:
    """Note a text of one word; ``may_end``: not where it tells a person, or a program, that all went well."""
    if " " not in text and len(text) < _LONGEST_WORD:
        spoken.names.add(text)
        if may_end and len(text) < _LONGEST_STATUS and is_settled(text):
            spoken.ends.append(node)


def annotated(node: ast.ClassDef) -> Iterator[str]:
    """The fields of a class that are annotated."""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id


def stored(target: ast.expr) -> str:
    """The name under which something is set: of ``row["balance"]`` that of the item."""
    if isinstance(target, ast.Subscript):
        key = target.slice
        return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
    return terminal(target)


__all__ = ["Spoken", "annotated", "spoken_in", "stored"]
