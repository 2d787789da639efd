"""Dotted names: what an import statement refers to, and how a name was written."""

from __future__ import annotations

import ast


def absolute(node: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    """The absolute dotted module of ``from … import``, from inside ``module`` (Python reference, 5.7)."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    keep = len(parts) - node.level + (1 if is_package else 0)
    base = parts[: max(keep, 0)]
    return ".".join([*base, node.module] if node.module else base)


def written(node: ast.expr) -> str:
    """A decorator or callee as a reader knows it: ``@router.post(…)`` is ``router.post``."""
    while isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return f"{written(node.value)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    return "…"
