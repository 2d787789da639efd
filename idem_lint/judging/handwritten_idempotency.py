"""A domain's own idempotency: it reads ``Idempotency-Key`` or keeps its own key table (ADR-007: domains do not)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine.dotted_names import written
from idem_lint.engine.module_facts import Module
from idem_lint.result_types import Site

if TYPE_CHECKING:
    from idem_lint.judging.handler_verdicts import Assembler

_SCREEN = re.compile(rb"(?i)idempoten")
_HEADER = re.compile(r"(?i)(?:http_|x-)?idempotency[-_ ]?key")
_TABLE = re.compile(
    r"(?is)\b(?:create\s+table(?:\s+if\s+not\s+exists)?|insert\s+into|from|update|delete\s+from)\s+[\w.\"]*idempoten"
)


def sites(module: Module, assembler: Assembler) -> Iterator[Site]:
    """The places of a module that roll their own idempotency, first to last."""
    if _SCREEN.search(module.source) is None:
        return
    found = {id(node): (node, what) for node, what in _found(module)}
    for node, what in sorted(found.values(), key=lambda item: (item[0].lineno, item[0].col_offset)):
        yield Site(assembler.place(node, module), what)


def _found(module: Module) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield from _read_by_call(node)
        elif isinstance(node, ast.Subscript) and _is_header(node.slice) and isinstance(node.ctx, ast.Load):
            yield node, "reads the Idempotency-Key header"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _header_parameters(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _TABLE.search(node.value):
            yield node, "keeps its own table of idempotency keys"
        elif isinstance(node, ast.ClassDef):
            yield from _own_model(node)


def _is_header(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _HEADER.fullmatch(node.value) is not None
    )


def _read_by_call(node: ast.Call) -> Iterator[tuple[ast.expr, str]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    is_read = name in {"get", "get_header", "getheader", "getlist", "get_all", "pop"} and bool(node.args)
    alias = [word.value for word in node.keywords if word.arg == "alias"]
    if (is_read and _is_header(node.args[0])) or (
        name == "Header" and any(_is_header(value) for value in alias)
    ):
        yield node, "reads the Idempotency-Key header"


def _header_parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[ast.expr, str]]:
    """FastAPI: ``idempotency_key: str = Header()`` and ``Annotated[str, Header()]``."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    defaults = [*node.args.defaults, *(item for item in node.args.kw_defaults if item is not None)]
    for argument in arguments:
        if _HEADER.fullmatch(argument.arg) is None:
            continue
        parts = [*ast.walk(argument.annotation)] if argument.annotation is not None else []
        parts += [
            each for default in defaults for each in ast.walk(default) if default.lineno >= argument.lineno
        ]
        if any(
            isinstance(part, ast.Call)
            and getattr(part.func, "id", getattr(part.func, "attr", "")) == "Header"
            for part in parts
        ):
            anchor = argument.annotation or node.args.defaults[0]
            yield anchor, "reads the Idempotency-Key header"


def _own_model(node: ast.ClassDef) -> Iterator[tuple[ast.expr, str]]:
    """A table or model of keys: a class named for them with a base, or with ``__tablename__``."""
    named = re.search(r"(?i)idempoten\w*(?:key|record|entry|request|token)s?$", node.name)
    table = any(
        isinstance(item, ast.Assign)
        and any(
            isinstance(target, ast.Name) and target.id in {"__tablename__", "db_table"}
            for target in item.targets
        )
        and isinstance(item.value, ast.Constant)
        and "idempoten" in str(item.value.value).lower()
        for item in node.body
    )
    names = [_base_name(base) for base in node.bases]
    is_model = "BaseModel" not in names and any("model" in name.lower() or name == "Base" for name in names)
    if node.bases and (table or (named is not None and is_model)):
        yield node.bases[0], "keeps its own table of idempotency keys"


def _base_name(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript):
        node = node.value
    return written(node)
