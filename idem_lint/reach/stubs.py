"""Methods that a class has only so that its heirs do."""

from __future__ import annotations

import ast

from idem_lint.engine.module_facts import FunctionNode, terminal


def is_stub(node: FunctionNode) -> bool:
    """Whether a method does nothing itself: it raises ``NotImplementedError``, or has only a docstring or ``pass``."""
    for part in node.body:
        if isinstance(part, ast.Raise):
            raised = part.exc.func if isinstance(part.exc, ast.Call) else part.exc
            return raised is not None and terminal(raised) == "NotImplementedError"
        is_empty = isinstance(part, ast.Pass) or (
            isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
        )
        if not is_empty:
            return False
    return True


__all__ = ["is_stub"]
