"""Base classes that nobody can see: not installed, generated and not there yet, or in a file that cannot be parsed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idem_lint.engine.dotted_names import written
from idem_lint.engine.value_types import External, Klass, Made, Parameter, Unknown, Value, options
from idem_lint.finding.configured_routers import dotted_name
from idem_lint.finding.not_routes import is_no_view

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator
    from idem_lint.engine.module_facts import Module
    from idem_lint.finding.interface import KnownFrameworks


@dataclass(frozen=True, slots=True, eq=False)
class UnreadBase:
    """A base class as written in a class statement of ``module``, and what its name leads to, as far as one knows."""

    node: ast.expr
    value: Value
    module: Module


def unread_bases(klass: Klass, evaluator: Evaluator, known: KnownFrameworks) -> Iterator[UnreadBase]:
    """The bases of a class, and of its bases in the project, that nobody can see."""
    for base in [base for base in evaluator.mro(klass) if isinstance(base, Klass)]:
        for node in base.node.bases:
            for option in options(evaluator.evaluate(node, base.scope, base.environment)):
                if _is_unread(option, known):
                    yield UnreadBase(node, option, base.module)


def _is_unread(value: Value, known: KnownFrameworks) -> bool:
    """Whether a base class is one that nobody can see, and that may be a view."""
    while isinstance(value, Made):
        value = value.callee
    if isinstance(value, External):
        name = value.name
        return not (
            known.is_known(name) or known.is_foreign(name) or is_no_view(name) or known.by_package(name)
        )
    return isinstance(value, Unknown | Parameter)


def why(base: UnreadBase, evaluator: Evaluator) -> str:
    """Why a base cannot be seen, as a clause."""
    name = written(base.node)
    dotted = dotted_name(base.value)
    if dotted is None:
        return f"its base class `{name}` is computed when the program runs"
    error = evaluator.modules.unread(dotted, base.module)
    if error is not None:
        where = f"{error.place.file}, which cannot be read (line {error.place.line}: {error.what})"
        return f"its base class `{name}` comes from {where}"
    return f"its base class `{dotted}` is not among the files of the project"
