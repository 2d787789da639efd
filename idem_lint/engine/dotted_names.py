"""Dotted names: what an import statement refers to, and how a name was written."""

from __future__ import annotations

import ast

_SHORT = 40


def absolute(node: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    """The absolute dotted module of ``from … import``, from inside ``module`` (Python reference, 5.7)."""
    if not node.level:
        return node.module or ""
    parts = module.split(".") if module else []
    keep = len(parts) - node.level + (1 if is_package else 0)
    base = parts[: max(keep, 0)]
    return ".".join([*base, node.module] if node.module else base)


def written(node: ast.expr) -> str:
    """A decorator or callee as a reader knows it: ``@router.post(…)`` is ``router.post``; of what is longer than a few
    words only ``…`` is left.
    """
    names: list[str] = []
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
        node = node.value if isinstance(node, ast.Attribute) else node.func
    names.append(node.id if isinstance(node, ast.Name) else _short(node))
    return ".".join(reversed(names))


def _short(node: ast.expr) -> str:
    """An item or an operation as it was written, where that is short."""
    if not isinstance(node, ast.Subscript | ast.BinOp):
        return "…"
    text = ast.unparse(node)
    text = f"({text})" if isinstance(node, ast.BinOp) else text
    return text if len(text) <= _SHORT else "…"
