"""Methods that a base of a package nobody reads calls: a webhook's ``handle(event)`` behind the package's own ``post``."""

from __future__ import annotations

import ast
import sys

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.value_types import External, Klass
from idem_lint.reach.name_words import words
from idem_lint.reach.outside_sinks import FRAMEWORKS

ANSWERS = frozenset({"create", "dispatch", "mutate", "post"})
"""The methods of a package's own class that answer a request, and call what an heir says of it."""
_HOOKS = frozenset({"apply", "consume", "execute", "fulfil", "fulfill", "handle", "on", "perform", "process"})
"""What the methods begin with that an heir is to say."""


def unread_bases(evaluator: Evaluator, klass: Klass) -> bool:
    """Whether a class has a base in a package that is no framework whose way is known."""
    return any(
        isinstance(base, External)
        and base.name.partition(".")[0] not in FRAMEWORKS | sys.stdlib_module_names | {"builtins"}
        for base in evaluator.mro(klass)
    )


def hooks(evaluator: Evaluator, klass: Klass) -> list[str]:
    """The methods that a class has for such a base to call, by their names, and that it does not call itself."""
    nodes = [base.node for base in evaluator.mro(klass) if isinstance(base, Klass)]
    own = [
        part.name
        for node in nodes
        for part in node.body
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    called = {part.attr for node in nodes for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    return [
        name
        for name in dict.fromkeys(own)
        if words(name)[:1] and words(name)[0] in _HOOKS and name not in called
    ]


__all__ = ["ANSWERS", "hooks", "unread_bases"]
