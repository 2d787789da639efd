"""Decorators put on, moved and taken off, as edits. A comment above a decorator goes where the decorator goes; one above
the first belongs to all of them, and stays.
"""

from __future__ import annotations

from idem_lint.fixing.source_text import Edit, line_end
from idem_lint.fixing.syntax import Definition, Syntax


def put_on(syntax: Syntax, definition: Definition, mark: str) -> Edit:
    """``@mark`` below every other decorator."""
    at = syntax.line_start(_bottom(definition))
    indent = syntax.indent(definition.line)
    return Edit(at, at, f"{indent}@{mark}{line_end(syntax.text, syntax.line_start(definition.line))}")


def to_the_bottom(syntax: Syntax, definition: Definition, number: int) -> list[Edit]:
    """The decorator with this number below every other one."""
    start, end = _block(syntax, definition, number)
    at = syntax.line_start(_bottom(definition))
    return [Edit(start, end, ""), Edit(at, at, syntax.text[start:end])]


def taken_off(syntax: Syntax, definition: Definition, number: int) -> Edit:
    """Without the decorator with this number; comments above it stay."""
    decorator = definition.decorators[number]
    return Edit(syntax.line_start(decorator.first), syntax.line_start(decorator.last + 1), "")


def at_line(definition: Definition, line: int) -> int | None:
    """The number of the decorator that stands at a line."""
    numbers = (
        number for number, found in enumerate(definition.decorators) if found.first <= line <= found.last
    )
    return next(numbers, None)


def in_class(syntax: Syntax, definition: Definition, name: str, mark: str) -> Edit | None:
    """``mark`` first in the list that the class assigns to ``name``; None where that is no list in sight."""
    if name in definition.assigned:
        start, end = definition.assigned[name]
        inner = syntax.text[start + 1 : end - 1].strip()
        if not (syntax.text[start] == "[" and syntax.text[end - 1] == "]") or inner.startswith("*"):
            return None
        return Edit(start + 1, start + 1, f"{mark}, " if inner else mark)
    if definition.body is None:
        return None
    end_of_line = line_end(syntax.text, syntax.line_start(definition.line))
    return Edit(definition.body, definition.body, f"{definition.body_indent}{name} = [{mark}]{end_of_line}")


def around(mark: str, start: int, end: int) -> list[Edit]:
    """``mark(…)`` around what stands between two offsets."""
    return [Edit(start, start, f"{mark}("), Edit(end, end, ")")]


def _bottom(definition: Definition) -> int:
    """The line below the last decorator; without one, that of ``def``."""
    return definition.decorators[-1].last + 1 if definition.decorators else definition.line


def _block(syntax: Syntax, definition: Definition, number: int) -> tuple[int, int]:
    """The offsets of a decorator's lines, with the comments above it."""
    decorator = definition.decorators[number]
    first = definition.decorators[number - 1].last + 1 if number else decorator.first
    return syntax.line_start(first), syntax.line_start(decorator.last + 1)
