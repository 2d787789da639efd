"""The small projects below ``money_cases/``: what each handler is expected to do with money.

Above a handler (above its decorators; above the class where nothing of the project has its ``post``) stands a comment::

    # moves: likely  kind: direct  chain: pay -> Wallet.credit  why: words for people

``moves`` is ``sure``, ``likely`` or ``no``. ``kind`` is ``direct``, ``external``, ``instruction`` or ``proxy`` (docs/money.md).
``chain`` are the functions of the project from the handler to the one where the write stands, as qualified names within their
modules. ``entry`` says what other than POST leads there (``get``, ``put``, ``task``, ``command``, ``admin`` for its actions and ``save_model``, ``site`` for
a model that an admin site adds and edits, ``tool``); ``only`` which
routes of a handler with several; ``named: yes`` that the second tier lists it ("named like money, no write found"). The write
itself is the line that ends in ``# writes: KIND``; ``writes`` in the handler's own comment says that there is no such line,
because a framework writes, or because the text of a statement comes from a helper's caller.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parent / "money_cases"
MORE = Path(__file__).parent / "money_cases_more"
"""Spellings that real services have and that are not needed at first: ``cases()`` leaves them out."""
KINDS = ("direct", "external", "instruction", "proxy")
ENTRIES = ("admin", "command", "get", "put", "site", "task", "tool")
POSTS = ("post", "admin", "tool")
"""The entries that answer POST, so that the inventory lists them among its handlers."""
FIELDS = ("chain", "entry", "kind", "moves", "named", "only", "why", "writes")
EXPECTATION = re.compile(r"^\s*# (?P<text>moves: .*)$")
SINK = re.compile(r"# writes: (?P<kinds>[a-z, ]+)$")
FIELD = re.compile(r"(?:^|\s\s)(?P<name>[a-z]+): (?P<value>.*?)(?=\s\s[a-z]+: |$)")


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What is expected of the handler whose definition (its ``def`` or ``class``) is at this line."""

    case: str
    file: str
    line: int
    qualname: str
    moves: str
    kind: str
    chain: tuple[str, ...]
    entry: str
    only: tuple[str, ...]
    named: bool
    without_line: bool


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function or class of a case."""

    file: str
    line: int
    end: int
    qualname: str
    first: int


@dataclass(frozen=True, kw_only=True)
class Sink:
    """A line that writes."""

    file: str
    line: int
    kinds: tuple[str, ...]


def cases() -> list[Path]:
    return sorted(folder for folder in CASES.iterdir() if folder.is_dir())


def more_cases() -> list[Path]:
    return sorted(folder for folder in MORE.iterdir() if folder.is_dir())


def expectations(case: Path) -> list[Expectation]:
    return [item for path in sorted(case.rglob("*.py")) for item in _expectations(case, path)]


def sinks(case: Path) -> list[Sink]:
    return [
        Sink(
            file=path.relative_to(case).as_posix(),
            line=number,
            kinds=tuple(match["kinds"].split(", ")),
        )
        for path in sorted(case.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if not EXPECTATION.match(line) and (match := SINK.search(line))
    ]


def functions(case: Path) -> list[Function]:
    return [item for path in sorted(case.rglob("*.py")) for item in _functions(case, path)]


def _functions(case: Path, path: Path) -> list[Function]:
    file = path.relative_to(case).as_posix()
    listed: list[Function] = []

    def visit(node: ast.AST, outer: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{outer}.{child.name}" if outer else child.name
                first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
                end = child.end_lineno or child.lineno
                listed.append(Function(file=file, line=child.lineno, end=end, qualname=name, first=first))
                visit(child, name)
            else:
                visit(child, outer)

    visit(ast.parse(path.read_text(encoding="utf-8")), "")
    return listed


def _expectations(case: Path, path: Path) -> list[Expectation]:
    lines = path.read_text(encoding="utf-8").splitlines()
    defined = _functions(case, path)
    return [
        _expectation(case, match["text"], _below(defined, number, path))
        for number, line in enumerate(lines, 1)
        if (match := EXPECTATION.match(line))
    ]


def _below(defined: list[Function], number: int, path: Path) -> Function:
    """The definition that a comment at this line stands above, or between the decorators of."""
    later = [item for item in defined if item.line > number]
    assert later, f"{path}:{number}: no definition below the comment"
    return min(later, key=lambda item: item.line)


def _expectation(case: Path, text: str, function: Function) -> Expectation:
    place = f"{case.name}/{function.file}:{function.line}"
    fields = {match["name"]: match["value"] for match in FIELD.finditer(text)}
    unknown = sorted(set(fields) - set(FIELDS))
    assert not unknown, f"{place}: unknown words {unknown}"
    assert fields["moves"] in ("sure", "likely", "no"), place
    return Expectation(
        case=case.name,
        file=function.file,
        line=function.line,
        qualname=function.qualname,
        moves=fields["moves"],
        kind=fields.get("kind", ""),
        chain=tuple(fields["chain"].split(" -> ")) if "chain" in fields else (),
        entry=fields.get("entry", "post"),
        only=tuple(fields["only"].split(", ")) if "only" in fields else (),
        named=fields.get("named") == "yes",
        without_line="writes" in fields,
    )
