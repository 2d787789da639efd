"""What a match registers: the methods, path, guards and target that its arguments give a route."""

from __future__ import annotations

import ast

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.parameter_binding import METHOD_WORDS, Arguments, Slot
from idem_lint.engine.value_types import (
    COMPUTED,
    Const,
    Items,
    Klass,
    Made,
    Parameter,
    Value,
    either,
    options,
)
from idem_lint.finding.decorator_matching import Match
from idem_lint.finding.handler_references import Definitions
from idem_lint.finding.interface import ANY, Registration

# Where a call by a route's name alone may say its verb: a company's `route` need not take `methods=`.
_SAID_ANYHOW = Slot(None, METHOD_WORDS, verb=True)


class Routes(Definitions):
    """Turns a matched callee and its arguments into a registration."""

    def given(self, match: Match, made: Made | None) -> Arguments:
        """The arguments of a call that registers, after those that a ``functools.partial`` gave it."""
        found = Arguments((), {})
        for part in [*match.earlier, *([made] if made is not None else [])]:
            found = found.then(parameter_binding.of(part, self.evaluator))
        return found

    def route(
        self, match: Match, given: Arguments, target: Value, node: ast.AST, scope: Scope
    ) -> Registration:
        """What a route with these arguments says of a target, before its framework has a word."""
        methods, problem = self._methods(match, given)
        paths = _paths(match, given)
        guards = [
            (guard, node)
            for keyword in match.route.guards
            if keyword in given.keywords
            for guard in self.guard_values(given.keywords[keyword])
        ]
        return Registration(
            framework=match.framework.name,
            target=target,
            methods=methods,
            route=paths[0] if paths else None,
            other_routes=paths[1:],
            node=node,
            scope=scope,
            evidence="any-method" if methods == ANY else "explicit",
            problem=problem,
            guards=tuple(guards),
            written=match.name,
            parameters=self._parameters(match, given),
            has_methods=_said_methods(match, given) is not None or match.route.fixed is not None,
            deferred=match.route.deferred,
            owner=match.owner,
        )

    def _parameters(self, match: Match, given: Arguments) -> tuple[Parameter, ...]:
        """The parameters that decide the methods."""
        if match.computed is not None:
            return tuple(parameter_binding.parameters_in(match.computed))
        value = _said_methods(match, given)
        if value is None:
            return given.rest if match.route.fixed is None else ()
        return tuple(parameter_binding.parameters_in(value))

    def _methods(self, match: Match, given: Arguments) -> tuple[frozenset[str], str]:
        value = _said_methods(match, given)
        if match.route.fixed is not None:
            return match.route.fixed, ""
        given_values = [each for each in options(value) if each != Const(None)] if value is not None else []
        if value is not None and given_values:
            found, problem = parameter_binding.methods(either(given_values))
            return (
                (found, problem)
                if Const(None) not in options(value)
                else (found | match.route.default, problem)
            )
        if not given.complete:
            return frozenset(), "its methods may be in an argument list that is not known from the source"
        if match.name == COMPUTED:
            return match.route.default, "which method registers it is computed"
        is_said = match.route.default or not match.route.methods.verb
        return match.route.default, "" if is_said else "no verb can be read among its arguments"


def _said_methods(match: Match, given: Arguments) -> Value | None:
    """The argument that says the methods; where only a name makes a call a route's, any that says a verb."""
    value = given.get(match.route.methods)
    if value is not None or match.certain or match.route.fixed is not None:
        return value
    before_path = [
        Const(verb)
        for text in parameter_binding.texts(given.get(match.route.path))
        for verb in parameter_binding.verb_before_path(text)
    ]
    return Items(tuple(before_path)) if before_path else given.get(_SAID_ANYHOW)


def _paths(match: Match, given: Arguments) -> tuple[str, ...]:
    """The paths that a call names: one, several, or those of a list; where its verb stands first, what follows."""
    value = given.get(match.route.path)
    if not match.certain and value is not None and parameter_binding.verbs(value):
        value = next((other for other in given.positional if not parameter_binding.verbs(other)), None)
    texts = parameter_binding.texts(value)
    if match.certain:
        return texts
    return tuple(
        text.partition(" ")[2] if parameter_binding.verb_before_path(text) else text for text in texts
    )


def is_plausible(match: Match, given: Arguments, *, is_call: bool) -> bool:
    """Judging by use alone: a route decorator is called, and its first argument can be a path."""
    path = given.get(match.route.path)
    if not is_call or path is None:
        return is_call and (not given.complete or not match.route.needs_path)
    start = "/" if isinstance(match.owner, Made) and isinstance(match.owner.callee, Klass) else ""
    texts = [option.value for option in options(path) if isinstance(option, Const)]
    return all(isinstance(text, str) and text.startswith(start) for text in texts)
