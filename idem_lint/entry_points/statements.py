"""Statements of a module as a function, so that what they do can be followed as any function's."""

from __future__ import annotations

import ast

from idem_lint.engine.module_facts import Module

MAIN = "__main__"
"""The name of what a module runs when it is started."""


def as_function(module: Module, at: ast.AST, body: list[ast.stmt]) -> ast.FunctionDef:
    """A function of no parameters that runs these statements in the module's own scope."""
    node = ast.FunctionDef(
        name=MAIN,
        args=ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]),
        body=body,
        decorator_list=[],
    )
    ast.copy_location(node, at)
    module.scopes[node] = module.scope
    module.is_changed = True
    return node
