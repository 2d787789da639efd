"""Decorators that only note something on a function, for a scan that registers it later.

``function.route = (path, methods)`` in a decorator, ``add_route(*function.route, function)`` in a loop over a module.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idem_lint.engine.environments import ANY_OWNER
from idem_lint.engine.value_types import Bound, Environment, Func, Klass, Value

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator


# What every function has, or every wrapper: nothing that a scan would tell handlers by.
_OF_EVERY_FUNCTION = frozenset({*dir(lambda: None), "__wrapped__", "__signature__"})


@dataclass(frozen=True, slots=True, eq=False)
class Noted:
    """What is decorated and what a decorator has noted on it, as an environment presumes it of what a scan comes upon."""

    function: Func | Klass
    environment: Environment

    @property
    def names(self) -> Iterator[str]:
        """The attributes."""
        return (name for _, name in self.environment)


def noted(evaluator: Evaluator, decorator: Value, target: Func | Klass) -> Noted | None:
    """What a project decorator notes on a function or class; ``None`` where it notes nothing."""
    decorator = evaluator.callable_instance(decorator) or decorator
    body = decorator.function if isinstance(decorator, Bound) else decorator
    if not isinstance(body, Func):
        return None
    parameters = [*body.node.args.posonlyargs, *body.node.args.args]
    own = parameters[1:] if isinstance(decorator, Bound) else parameters
    if not own:
        return None
    start = f"{own[0].arg}."
    bindings = {
        name: found
        for name, found in body.body.bindings.items()
        if name.startswith(start) and name.removeprefix(start) not in _OF_EVERY_FUNCTION
    }
    if not bindings:
        return None
    environment: Environment = {**body.environment, (id(body.node), own[0].arg): target}
    if isinstance(decorator, Bound):
        environment[id(body.node), parameters[0].arg] = decorator.owner
    return Noted(
        target,
        {
            (ANY_OWNER, name.removeprefix(start)): evaluator.bound(found, body.body, environment, None)
            for name, found in bindings.items()
        },
    )
