"""What a loader gives that is called with a module's name and names in it: ``get_class("basket.views", "BasketView")``.

How it looks them up is not followed: where a module of the project is called so, and has the name, it is taken to give that.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from idem_lint.engine.filled_collections import Modules
from idem_lint.engine.module_facts import Module
from idem_lint.engine.value_types import UNKNOWN, External, Items, Made, Member, ProjectModule, Unknown, Value

_LABEL = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


def loaded(
    call: ast.Call, here: Module, modules: Modules, attribute: Callable[[Value, str], Value]
) -> Value | None:
    """What a call gives that is written with a dotted label and a name, or several; ``None`` where it is none of these."""
    if not 2 <= len(call.args) <= 3:
        return None
    label, named = call.args[:2]
    if not isinstance(label, ast.Constant) or not isinstance(label.value, str):
        return None
    names = [part.value if isinstance(part, ast.Constant) else None for part in _parts(named)]
    texts = [name for name in names if isinstance(name, str) and name.isidentifier()]
    if not texts or len(texts) < len(names) or _LABEL.fullmatch(label.value) is None:
        return None
    module = modules.find(label.value, here)
    if module is None or not any(name in module.scope.bindings for name in texts):
        return None
    found = [
        attribute(ProjectModule(module), name) if name in module.scope.bindings else UNKNOWN for name in texts
    ]
    return Items(tuple(found)) if isinstance(named, ast.List | ast.Tuple) else found[0]


def is_told(result: Value) -> bool:
    """Whether the body of a loader says itself what it gives: nothing of a package, and no list of what is not known."""
    while isinstance(result, Made | Member):
        result = result.callee if isinstance(result, Made) else result.owner
    return not isinstance(result, External | Unknown) and not (
        isinstance(result, Items) and not result.complete
    )


def _parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
