"""What the configuration says of a callable that the source does not tell: ``routers`` in ``[tool.idem-lint]``."""

from __future__ import annotations

from collections.abc import Mapping

from idem_lint.engine.value_types import Applied, Bound, External, Func, Klass, Made, Member, Parameter, Value
from idem_lint.result_types import RouterKind


def dotted_name(value: Value) -> str | None:
    """The name that the configuration has for a callable; a method by its class or by what made its owner."""
    if isinstance(value, External):
        return value.name
    if isinstance(value, Func | Klass):
        return f"{value.module.name}.{value.scope.child_name(value.node.name)}".replace(".<locals>", "")
    if isinstance(value, Bound):
        return dotted_name(value.function)
    if isinstance(value, Made | Applied):
        return dotted_name(value.callee if isinstance(value, Made) else value.decorator)
    if isinstance(value, Parameter) and value.annotation is not None:
        return dotted_name(value.annotation)
    owner = dotted_name(value.owner) if isinstance(value, Member) else None
    return f"{owner}.{value.name}" if owner is not None and isinstance(value, Member) else None


class ConfiguredRouters:
    """Answers what a callable registers, where the configuration says so."""

    def __init__(self, routers: Mapping[str, RouterKind]) -> None:
        self._routers = routers

    def kind(self, callee: Value) -> RouterKind | None:
        """What the callee registers; a configured name may leave out the packages in front."""
        name = dotted_name(callee) if self._routers else None
        if name is None:
            return None
        return next((kind for known, kind in self._routers.items() if f".{name}".endswith(f".{known}")), None)
