"""What LibCST says about a file that is to be changed: where decorators, definitions, imports and calls stand, in offsets.

LibCST reads newer syntax than the interpreter may, and keeps what is between the tokens. The source is never printed from
its tree: edits are made in the text itself.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from idem_lint.fixing.source_text import CannotChange, line_starts
from idem_lint.source.newer_syntax.rewriting import nests_too_deeply

_RECURSION_LIMIT = 20_000
_FEEDS = re.compile(r"[ \t\f]*\f")


@dataclass(frozen=True, slots=True)
class Decorator:
    """``first`` and ``last`` are its lines; ``start`` and ``end`` the offsets of its expression, without the ``@``."""

    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Definition:
    """A ``def`` or ``class``: the line of that word, and its decorators, the outermost first.

    ``is_generator``: it yields.
    ``body`` is where a statement can be put before all others of the body (below its docstring), with ``body_indent``
    before it; None where the body stands in the line of the header. ``assigned`` maps a name that the body of a class
    assigns to the offsets of the value.
    """

    name: str
    line: int
    is_class: bool
    is_generator: bool
    decorators: tuple[Decorator, ...]
    body: int | None
    body_indent: str
    assigned: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ImportedName:
    """One name of an import: ``name`` of ``module`` (empty for ``import name``), as it is called here; its offsets."""

    module: str
    name: str
    local: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TopStatement:
    """A line of statements at the top of a module: its lines, the first one of comments directly above it, what it
    imports. ``is_import``: it does nothing else. ``is_docstring``, ``is_future``: it has to stay at the top.
    ``is_from``: the form ``from module import names``.
    """

    first: int
    last: int
    above: int
    imports: tuple[ImportedName, ...] = ()
    is_import: bool = False
    is_docstring: bool = False
    is_future: bool = False
    is_from: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call: its name (None by position, ``*`` where it is unpacked), and the offsets of its value."""

    keyword: str | None
    start: int
    end: int


@dataclass(slots=True)
class Syntax:
    """A file's definitions by their line, calls and lambdas by their place (line, column), statements, names."""

    text: str
    starts: list[int]
    definitions: dict[int, Definition] = field(default_factory=dict[int, Definition])
    lambdas: dict[tuple[int, int], tuple[int, int]] = field(
        default_factory=dict[tuple[int, int], tuple[int, int]]
    )
    calls: dict[tuple[int, int], list[tuple[Argument, ...]]] = field(
        default_factory=dict[tuple[int, int], list[tuple[Argument, ...]]]
    )
    statements: list[TopStatement] = field(default_factory=list[TopStatement])
    bound: set[str] = field(default_factory=set[str])
    constants: dict[str, list[tuple[int, int]]] = field(default_factory=dict[str, list[tuple[int, int]]])

    def line_start(self, line: int) -> int:
        """The offset at which a line (1-based) begins; the end of the text below its last one."""
        return self.starts[min(line, len(self.starts)) - 1]

    def line_of(self, offset: int) -> int:
        """The line of an offset, 1-based."""
        return min(bisect_right(self.starts, offset), len(self.starts) - 1)

    def indent(self, line: int) -> str:
        """The white space that a line begins with."""
        begin = self.line_start(line)
        found = re.compile(r"[ \t\f]*").match(self.text, begin)
        return found[0] if found is not None else ""


def read(text: str) -> Syntax:
    """The syntax of a text. Raises CannotChange where LibCST cannot read it as it is."""
    starts = line_starts(text)
    plain = "\n".join(_FEEDS.sub("", line).replace("\f", " ") for line in re.split(r"\r\n|\r|\n", text))
    if nests_too_deeply(plain):
        raise CannotChange("the file nests too deeply for LibCST")
    reader = _Reader(text, starts)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
    try:
        module = cst.parse_module(plain)
        MetadataWrapper(module, unsafe_skip_copy=True).visit(reader)
        is_same = module.code == plain
    except Exception as error:
        raise CannotChange(f"LibCST cannot read the file: {str(error).partition(chr(10))[0]}") from error
    finally:
        sys.setrecursionlimit(limit)
    if not is_same:
        raise CannotChange("LibCST reads the file as another text")
    return reader.syntax


class _Reader(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, text: str, starts: list[int]) -> None:
        super().__init__()
        self.syntax = Syntax(text, starts)
        self._yields = [False]
        self._dropped = [
            len(match[0]) if (match := _FEEDS.match(text, start)) is not None else 0 for start in starts
        ]

    def _range(self, node: cst.CSTNode) -> CodeRange:
        found = self.get_metadata(PositionProvider, node)
        assert isinstance(found, CodeRange)  # every node has its range
        return found

    def _offsets(self, node: cst.CSTNode) -> tuple[int, int]:
        where = self._range(node)
        return (
            self._offset(where.start.line, where.start.column),
            self._offset(where.end.line, where.end.column),
        )

    def _offset(self, line: int, column: int) -> int:
        return self.syntax.starts[line - 1] + self._dropped[line - 1] + column

    # definitions

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: ARG002, N802 - LibCST's name
        self._yields.append(False)

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:  # noqa: N802 - LibCST's name
        node = original_node
        self._definition(node, node.name.value, node.decorators, node.body, is_generator=self._yields.pop())

    def visit_Yield(self, node: cst.Yield) -> None:  # noqa: ARG002, N802 - LibCST's name
        self._yields[-1] = True

    def visit_ClassDef(self, node: cst.ClassDef) -> None:  # noqa: N802 - LibCST's name
        self._definition(node, node.name.value, node.decorators, node.body, is_generator=False)

    def _definition(
        self,
        node: cst.CSTNode,
        name: str,
        decorators: Sequence[cst.Decorator],
        suite: cst.BaseSuite,
        *,
        is_generator: bool,
    ) -> None:
        self.syntax.bound.add(name)
        line = self._range(node).start.line
        body, indent, assigned = None, "", dict[str, tuple[int, int]]()
        if isinstance(suite, cst.IndentedBlock):
            first = next(iter(suite.body))
            is_docstring = isinstance(first, cst.SimpleStatementLine) and _is_text(first)
            at = self._range(first)
            begin = at.start.line
            indent = self.syntax.indent(begin)
            above = begin - len(_leading(first))
            body = self.syntax.line_start(at.end.line + 1 if is_docstring else above)
            assigned = dict(self._assignments(suite))
        stack = tuple(self._decorator(decorator) for decorator in decorators)
        self.syntax.definitions[line] = Definition(
            name, line, isinstance(node, cst.ClassDef), is_generator, stack, body, indent, assigned
        )

    def _decorator(self, node: cst.Decorator) -> Decorator:
        where = self._range(node)
        start, end = self._offsets(node.decorator)
        return Decorator(where.start.line, where.end.line, start, end)

    def _assignments(self, suite: cst.IndentedBlock) -> list[tuple[str, tuple[int, int]]]:
        found: list[tuple[str, tuple[int, int]]] = []
        for line in suite.body:
            for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
                found += self._named_values(statement)
        return found

    def _named_values(self, statement: cst.BaseSmallStatement) -> list[tuple[str, tuple[int, int]]]:
        if isinstance(statement, cst.Assign):
            targets = [target.target for target in statement.targets]
        elif isinstance(statement, cst.AnnAssign):
            targets = [statement.target]
        else:
            return []
        value = statement.value
        names = [target.value for target in targets if isinstance(target, cst.Name)]
        return [(name, self._offsets(value)) for name in names] if value is not None else []

    # expressions

    def visit_Lambda(self, node: cst.Lambda) -> None:  # noqa: N802 - LibCST's name
        start, end = self._offsets(node)
        self.syntax.lambdas[self._place(start)] = start, end

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802 - LibCST's name
        start, _ = self._offsets(node)
        arguments = tuple(
            Argument(arg.keyword.value if arg.keyword else arg.star or None, *self._offsets(arg.value))
            for arg in node.args
        )
        self.syntax.calls.setdefault(self._place(start), []).append(arguments)

    def _place(self, offset: int) -> tuple[int, int]:
        line = self.syntax.line_of(offset)
        return line, offset - self.syntax.line_start(line) + 1

    # names

    def visit_Param(self, node: cst.Param) -> None:  # noqa: N802 - LibCST's name
        self.syntax.bound.add(node.name.value)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:  # noqa: N802 - LibCST's name
        if isinstance(node.target, cst.Name):
            self.syntax.bound.add(node.target.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:  # noqa: N802 - LibCST's name
        if isinstance(node.target, cst.Name):
            self.syntax.bound.add(node.target.value)

    def visit_ImportAlias(self, node: cst.ImportAlias) -> None:  # noqa: N802 - LibCST's name
        self.syntax.bound.add(node.evaluated_alias or node.evaluated_name.partition(".")[0])

    # statements

    def visit_Module(self, node: cst.Module) -> None:  # noqa: N802 - LibCST's name
        for number, statement in enumerate(node.body):
            where = self._range(statement)
            leading = _comments_above(_leading(statement))
            first = where.start.line
            if isinstance(statement, cst.FunctionDef | cst.ClassDef) and statement.decorators:
                first = self._range(statement.decorators[0]).start.line
            above = first - leading
            if not isinstance(statement, cst.SimpleStatementLine):
                self.syntax.statements.append(TopStatement(first, where.end.line, above))
                continue
            self.syntax.statements.append(self._simple(statement, number, above))
            for small in statement.body:
                for name, offsets in self._named_values(small):
                    self.syntax.constants.setdefault(name, []).append(offsets)

    def _simple(self, statement: cst.SimpleStatementLine, number: int, above: int) -> TopStatement:
        where = self._range(statement)
        imports = [part for part in statement.body if isinstance(part, cst.Import | cst.ImportFrom)]
        froms = [part for part in imports if isinstance(part, cst.ImportFrom)]
        return TopStatement(
            where.start.line,
            where.end.line,
            above,
            tuple(name for part in imports for name in self._imported(part)),
            is_import=len(imports) == len(statement.body),
            is_docstring=number == 0 and _is_text(statement),
            is_future=any(_module_of(part) == "__future__" for part in froms),
            is_from=len(froms) == len(statement.body) == 1 and not isinstance(froms[0].names, cst.ImportStar),
        )

    def _imported(self, statement: cst.Import | cst.ImportFrom) -> list[ImportedName]:
        if isinstance(statement.names, cst.ImportStar):
            return []
        module = _module_of(statement) if isinstance(statement, cst.ImportFrom) else ""
        return [
            ImportedName(
                module, name.evaluated_name, name.evaluated_alias or name.evaluated_name, *self._offsets(name)
            )
            for name in statement.names
        ]


def _leading(statement: cst.BaseStatement) -> Sequence[cst.EmptyLine]:
    """The empty lines and comments above a statement."""
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    return lines


def _comments_above(lines: Sequence[cst.EmptyLine]) -> int:
    """How many lines directly above a statement are comments."""
    count = 0
    while count < len(lines) and lines[-1 - count].comment is not None:
        count += 1
    return count


def _is_text(line: cst.SimpleStatementLine) -> bool:
    """Whether a line of statements begins with a text that nobody uses: a docstring."""
    first = line.body[0]
    return isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString | cst.ConcatenatedString)


def _module_of(statement: cst.ImportFrom) -> str:
    """The module that names come from, with a dot for each level; ``.`` alone for ``from . import``."""
    dots = "." * len(statement.relative)
    return dots + (get_full_name_for_node(statement.module) or "" if statement.module else "")
