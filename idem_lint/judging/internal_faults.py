"""Where in the judged file idem-lint itself failed: the fault is a finding there, and the run goes on."""

from __future__ import annotations

import ast
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb

from idem_lint.engine.module_facts import Module
from idem_lint.judging.mark_placement import holds
from idem_lint.result_types import Place, Site
from idem_lint.rules.own_faults import described
from idem_lint.source.discovery import shown


class Faults:
    """The first fault of each file."""

    def __init__(self) -> None:
        self.by_path: dict[Path, Site] = {}

    @contextmanager
    def caught(self, module: Module, node: ast.AST | None = None) -> Generator[None]:
        """What fails within, which is about ``node`` if anything, is kept as a fault of the module's file."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a finding in this file; the others are judged.
            self.by_path.setdefault(module.path, fault(error, module.path, module, node))


def fault(error: Exception, path: Path, module: Module | None = None, node: ast.AST | None = None) -> Site:
    """The fault as a site of the file: in the line that was looked at, the first where that cannot be told."""
    line = _line(error, module.tree) if module is not None else 0
    return Site(Place(shown(path), line or int(getattr(node, "lineno", 1)), 1), described(error))


def _line(error: Exception, tree: ast.Module) -> int:
    """The line of the innermost piece of the tree that a function of the traceback was about; 0 where there is none."""
    for frame in reversed([frame for frame, _ in walk_tb(error.__traceback__)]):
        for value in frame.f_locals.values():
            node = getattr(value, "node", value)
            if isinstance(node, ast.expr | ast.stmt) and holds(tree, node):
                return node.lineno
    return 0
