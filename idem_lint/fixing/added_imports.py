"""Imports that a changed file needs: under the names that it has already, else in the right place.

What is imported only for a type checker, under a condition or inside a function does not count; what stands at the top
does, under whatever name.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from idem_lint.fixing.source_text import Edit, line_end
from idem_lint.fixing.syntax import ImportedName, Syntax, TopStatement

_PREFIX = "idem_"


class Imports:
    """What a file imports, and what has to be added. ``root`` is where the project's own packages lie."""

    def __init__(self, syntax: Syntax, root: Path) -> None:
        self._syntax = syntax
        self._root = root
        self._imports = [line for line in syntax.statements if line.imports]

    def local(self, module: str, name: str, line: int) -> tuple[str, bool]:
        """What ``module.name`` is called in the file above a line, and whether it has to be imported for that."""
        for statement in self._imports:
            for imported in statement.imports if statement.last < line else ():
                if imported.module == module and imported.name == name:
                    return imported.local, False
                if not imported.module and imported.name == module:
                    return f"{imported.local}.{name}", False
        return (f"{_PREFIX}{name}" if name in self._syntax.bound else name), True

    def added(self, module: str, names: Iterable[str], line: int) -> list[Edit]:
        """``from module import names`` as edits; ``line`` is where they are first used."""
        written = sorted({self._written(name) for name in names})
        known = self._statement_of(module, line)
        if known is not None:
            return self._into(known, written)
        text = f"from {module} import {', '.join(written)}"
        return [self._new(module, text)]

    def _written(self, name: str) -> str:
        return f"{name} as {_PREFIX}{name}" if name in self._syntax.bound else name

    def _statement_of(self, module: str, line: int) -> TopStatement | None:
        """The ``from module import …`` that names can be added to."""
        fitting = (
            statement
            for statement in self._imports
            if statement.is_from and statement.imports[0].module == module and statement.last < line
        )
        return next(fitting, None)

    def _into(self, statement: TopStatement, written: list[str]) -> list[Edit]:
        """Each name before the first that sorts behind it, else at the end."""
        edits: list[Edit] = []
        for text in written:
            later = (name for name in statement.imports if name.name > text.partition(" ")[0])
            after = next(later, None)
            edits.append(self._before(after, text) if after else self._behind(statement.imports[-1], text))
        return edits

    def _before(self, name: ImportedName, text: str) -> Edit:
        indent = self._own_line(name)
        if indent is None:
            return Edit(name.start, name.start, f"{text}, ")
        return Edit(name.start, name.start, f"{text},{line_end(self._syntax.text, name.start)}{indent}")

    def _behind(self, name: ImportedName, text: str) -> Edit:
        indent = self._own_line(name)
        if indent is None:
            return Edit(name.end, name.end, f", {text}")
        return Edit(name.end, name.end, f",{line_end(self._syntax.text, name.start)}{indent}{text}")

    def _own_line(self, name: ImportedName) -> str | None:
        """The white space before a name that begins its line."""
        line = self._syntax.line_of(name.start)
        before = self._syntax.text[self._syntax.line_start(line) : name.start]
        return before if not before.strip() else None

    # a statement of its own

    def _new(self, module: str, text: str) -> Edit:
        group = self._group()
        if not group:
            return self._at_top(text)
        rank = self._rank(module)
        same = [statement for statement in group if self._rank(_module(statement)) == rank]
        if same:
            later = (one for one in same if one.is_from and _module(one) > module)
            after = next(later, None)
            return self._line_above(after, text) if after is not None else self._line_below(same[-1], text)
        higher = (statement for statement in group if self._rank(_module(statement)) > rank)
        first = next(higher, None)
        if first is not None:
            return self._line_above(first, text, then_empty=True)
        return self._line_below(group[-1], text, empty_before=True)

    def _group(self) -> list[TopStatement]:
        """The imports at the top of the module, with nothing but imports among them."""
        found: list[TopStatement] = []
        for statement in self._syntax.statements:
            if statement.is_docstring or (statement.is_future and statement.is_import):
                continue
            if not statement.is_import or not statement.imports:
                break
            found.append(statement)
        return found

    def _at_top(self, text: str) -> Edit:
        """Below docstring and ``__future__``, an empty line around it."""
        last: TopStatement | None = None
        for statement in self._syntax.statements:
            if not (statement.is_docstring or statement.is_future):
                break
            last = statement
        if last is not None:
            return self._line_below(last, text, empty_before=True)
        return self._line_above(self._syntax.statements[0], text, then_empty=True)

    def _line_above(self, statement: TopStatement, text: str, *, then_empty: bool = False) -> Edit:
        at = self._syntax.line_start(statement.above)
        end = line_end(self._syntax.text, at)
        return Edit(at, at, f"{text}{end}{end if then_empty else ''}")

    def _line_below(self, statement: TopStatement, text: str, *, empty_before: bool = False) -> Edit:
        at = self._syntax.line_start(statement.last + 1)
        end = line_end(self._syntax.text, self._syntax.line_start(statement.last))
        return Edit(at, at, f"{end if empty_before else ''}{text}{end}")

    def _rank(self, module: str) -> int:
        """The group that an import belongs to: the standard library, packages, the project's own, the folder's own."""
        top = module.partition(".")[0]
        if not top:
            return 3
        if top in sys.stdlib_module_names:
            return 0
        return 2 if any(self._is_own(top)) else 1

    def _is_own(self, top: str) -> Iterator[bool]:
        for folder in (self._root, self._root / "src"):
            yield os.path.isdir(folder / top)
            yield os.path.isfile(folder / f"{top}.py")


def _module(statement: TopStatement) -> str:
    """The module that a line imports first."""
    first = statement.imports[0]
    return first.module or first.name


def dotted(text: str, syntax: Syntax) -> str:
    """A dotted name of the file with what it was imported as: ``views.pay`` -> ``bank.views.pay``."""
    top, _, rest = re.sub(r"\s", "", text).partition(".")
    for statement in syntax.statements:
        for name in statement.imports:
            if name.local == top:
                whole = f"{name.module}.{name.name}" if name.module else name.name
                return f"{whole}.{rest}" if rest else whole
    return text
