"""``type("Name", bases, members)`` as the class statement that it stands for."""

from __future__ import annotations

import ast

from idem_lint.engine.module_facts import Binding, Scope


def class_statement(node: ast.Call, scope: Scope) -> ast.ClassDef | None:
    """The class that a call of ``type`` with three arguments makes, known to its module; ``None`` where its bases are
    not written out.
    """
    name, bases, members = node.args
    if not isinstance(bases, ast.Tuple | ast.List):
        return None
    text = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else "type(…)"
    made = ast.ClassDef(
        name=text,
        bases=bases.elts,
        keywords=[],
        body=[ast.copy_location(ast.Pass(), node)],
        decorator_list=[],
    )
    ast.copy_location(made, node)
    body = Scope(scope.module, made, scope, scope.child_name(text))
    for key, value in _members(members):
        body.bindings[key] = [Binding("assign", node.lineno, value, name=key)]
    scope.module.scopes[made] = body
    scope.module.classes.append((made, scope))
    scope.module.is_changed = True
    return made


def _members(node: ast.expr) -> list[tuple[str, ast.expr]]:
    """The items of a dict that is written out, as ``{"post": post}`` or ``dict(post=post)``."""
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [
            (key.value, value)
            for key, value in pairs
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
        ]
    if isinstance(node, ast.Call):
        return [(word.arg, word.value) for word in node.keywords if word.arg is not None]
    return []
