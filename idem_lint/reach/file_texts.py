"""Texts that a program reads from files beside it: ``(Path(__file__).parent / "queries" / f"{name}.sql").read_text()``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import Const, Environment, Func, Made, Value
from idem_lint.source.documents import is_document, read_document

_DEPTH = 12


class FileTexts:
    """Answers with the texts of files whose path the source says."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def of(self, value: Value) -> Iterator[str]:
        """The text that a call gives, where it or a function of the project that it calls reads a file."""
        if not isinstance(value, Made):
            return
        if isinstance(value.callee, Func):
            env = self._evaluator.arguments(value.callee, value, bound=False)
            for returned in value.callee.body.returns:
                yield from self._read(returned, value.callee.body, env)
        else:
            yield from self._read(value.call, value.scope, value.environment)

    def _read(self, node: ast.expr, scope: Scope, env: Environment) -> Iterator[str]:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            return
        owner = node.func.value
        opens = isinstance(owner, ast.Call) and terminal(owner.func) == "open"
        if node.func.attr == "read" and opens and isinstance(owner, ast.Call) and owner.args:
            owner = owner.args[0]
        elif node.func.attr != "read_text":
            return
        path = self._path(owner, scope, env, _DEPTH)
        if path is not None and is_document(path):
            try:
                yield read_document(path)
            except (OSError, UnicodeDecodeError):
                return

    def _path(self, node: ast.expr, scope: Scope, env: Environment, depth: int) -> Path | None:
        if depth == 0:
            return None
        if isinstance(node, ast.Name):
            return self._named(node, scope, env, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self._below(self._path(node.left, scope, env, depth - 1), [node.right], scope, env)
        if isinstance(node, ast.Attribute) and node.attr == "parent":
            inner = self._path(node.value, scope, env, depth - 1)
            return inner.parent if inner is not None else None
        return self._called(node, scope, env, depth) if isinstance(node, ast.Call) else None

    def _called(self, node: ast.Call, scope: Scope, env: Environment, depth: int) -> Path | None:
        name = terminal(node.func)
        if isinstance(node.func, ast.Attribute) and name in {"resolve", "absolute", "joinpath"}:
            inner = self._path(node.func.value, scope, env, depth - 1)
            return self._below(inner, node.args, scope, env)
        if name in {"Path", "abspath", "realpath", "dirname", "join"} and node.args:
            first = self._path(node.args[0], scope, env, depth - 1)
            if name == "dirname":
                return first.parent if first is not None else None
            return self._below(first, node.args[1:], scope, env)
        return None

    def _named(self, node: ast.Name, scope: Scope, env: Environment, depth: int) -> Path | None:
        if node.id == "__file__":
            return scope.module.path
        owner: Scope | None = scope
        while owner is not None and node.id not in owner.bindings:
            owner = owner.parent
        given = [binding.node for binding in owner.bindings[node.id]] if owner is not None else []
        first = given[0] if given else None
        return self._path(first, owner or scope, env, depth - 1) if isinstance(first, ast.expr) else None

    def _below(
        self, folder: Path | None, parts: list[ast.expr], scope: Scope, env: Environment
    ) -> Path | None:
        for part in parts:
            value = self._evaluator.evaluate(part, scope, env)
            if folder is None or not isinstance(value, Const) or not isinstance(value.value, str):
                return None
            folder /= value.value
        return folder
