"""What the configuration says of a callable that the source does not tell: ``routers`` in ``[tool.idem-lint]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from idem_lint.engine.parameter_binding import HANDLER_WORDS, METHOD_WORDS, POST, Slot
from idem_lint.engine.value_types import Applied, Bound, External, Func, Klass, Made, Member, Parameter, Value
from idem_lint.finding.interface import Framework, Route
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


CONFIGURED = Framework("configured", packages=())
_TARGET = Slot(None, HANDLER_WORDS, callable=True)
_VERB = Slot(None, METHOD_WORDS, verb=True)
_ROUTES: dict[RouterKind, Route] = {
    "POST": Route(fixed=POST, target=_TARGET, bare=True, needs_path=False),
    "verb": Route(methods=_VERB, default=frozenset(), target=_TARGET, needs_path=False),
    "methods": Route(methods=_VERB, target=_TARGET, needs_path=False),
}


def configured_route(kind: RouterKind) -> Route | None:
    """The route that a kind stands for; None where it registers nothing."""
    return _ROUTES.get(kind)


class ConfiguredRouters:
    """Answers what a callable registers, where the configuration says so."""

    def __init__(self, routers: Mapping[str, RouterKind]) -> None:
        self._routers = routers

    @property
    def last_names(self) -> Iterator[str]:
        """What the dotted names of the callables end in."""
        return (name.rpartition(".")[2] for name in self._routers)

    def kind(self, callee: Value) -> RouterKind | None:
        """What the callee registers; a configured name may leave out the packages in front."""
        name = dotted_name(callee) if self._routers else None
        if name is None:
            return None
        return next((kind for known, kind in self._routers.items() if f".{name}".endswith(f".{known}")), None)
