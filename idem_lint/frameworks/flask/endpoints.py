"""Flask's rules and functions that meet by their endpoint's name only.

``add_url_rule("/pay", "pay")`` or a werkzeug ``Rule`` on one side; ``@app.endpoint("pay")``, ``view_functions["pay"] =
pay`` or ``view_functions.update(pay=pay)`` on the other. Source: flask/sansio/app.py, werkzeug/routing/rules.py (a
``Rule`` without methods answers any). A blueprint's name stands before the endpoint's; only the last part is compared.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import CallSite, Module, Scope, terminal
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import Const, Environment, Func, Klass, Made, Value, options
from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, GET, Methods, Registration, Slot
from idem_lint.result_types import Evidence

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_ENDPOINT = Slot(1, ("endpoint",))
_RULE_ENDPOINT = Slot(5, ("endpoint",))
_VIEW = Slot(2, ("view_func",))
_METHODS = Slot(None, ("methods",))
_RULE_METHODS = Slot(3, ("methods",))
_PATH = Slot(0, ("rule", "string"))
_Rule = tuple[str, Methods, str, str | None]
_Entry = tuple[str, Value, ast.Call, Scope]


class _Names:
    """The rules without a function and the functions without a rule, in all modules known so far."""

    def __init__(self, finder: Finder, here: Module) -> None:
        self.rules: list[_Rule] = []
        self.entries: list[_Entry] = []
        for name in ("add_url_rule", "Rule"):
            for site in finder.call_index.sites(name, here):
                if terminal(site.node.func) == name:
                    self.rules.extend(_rules(finder, site))
        for site in finder.call_index.sites("view_functions", here):
            self.entries.extend(_entries(finder, site))


def _names(finder: Finder, module: Module) -> _Names:
    return finder.call_index.gathered(lambda: _Names(finder, module), _Names)


def _rounds(finder: Finder, site: CallSite) -> Iterable[Environment]:
    rounds = finder.evaluator.rounds(site.loops, site.scope, {})
    return rounds if rounds is not None else [{}]


def _rules(finder: Finder, site: CallSite) -> Iterator[_Rule]:
    is_rule = terminal(site.node.func) == "Rule"
    for env in _rounds(finder, site):
        given = parameter_binding.read(site.node, finder.evaluator, site.scope, env)
        name = parameter_binding.text(given.get(_RULE_ENDPOINT if is_rule else _ENDPOINT))
        if name is None or (not is_rule and given.get(_VIEW) is not None):
            continue
        value = given.get(_RULE_METHODS if is_rule else _METHODS)
        methods, problem = (ANY if is_rule else GET), ""
        if value is not None and value != Const(None):
            methods, problem = parameter_binding.methods(value)
        yield _last(name), methods, problem, parameter_binding.text(given.get(_PATH))


def _entries(finder: Finder, site: CallSite) -> Iterator[_Entry]:
    func = site.node.func
    if not isinstance(func, ast.Attribute) or terminal(func.value) != "view_functions":
        return
    for env in _rounds(finder, site):
        given = parameter_binding.read(site.node, finder.evaluator, site.scope, env)
        if func.attr == "__setitem__":
            name = parameter_binding.text(given.positional[0])
            yield _last(name) if name is not None else "*", given.positional[1], site.node, site.scope
        elif func.attr == "update":
            for word, value in given.keywords.items():
                yield _last(word), value, site.node, site.scope


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def by_name(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """``@app.endpoint("pay")``: the methods are those of the rules with this endpoint."""
    name = parameter_binding.text(given.get(Slot(0, ("endpoint",))))
    for rule, methods, problem, path in _names(finder, found.scope.module).rules:
        if name is not None and rule == _last(name):
            yield replace(found, methods=methods, problem=problem, route=path, evidence=_evidence(methods))


def assigned(finder: Finder, scope: Scope) -> Iterator[Registration]:
    """``view_functions["pay"] = pay`` in a module, for rules that were given no function."""
    if b"view_functions" not in scope.module.source:
        return
    names = _names(finder, scope.module)
    for name, value, node, owner in names.entries:
        if owner.module is scope.module:
            for rule, methods, problem, path in names.rules:
                if rule == name:
                    yield Registration(
                        framework="flask",
                        target=value,
                        methods=methods,
                        route=path,
                        node=node,
                        scope=owner,
                        evidence=_evidence(methods),
                        problem=problem,
                        written="view_functions",
                    )


def _evidence(methods: Methods) -> Evidence:
    return "any-method" if methods == ANY else "explicit"


def with_replacements(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """A registration with the decorators of what later took the view's place in ``view_functions``."""
    entries = _names(finder, found.scope.module).entries
    guards = [
        guard
        for name, value, node, _ in (entries or ())
        for guard in _wrappers(finder, name, value, node, found, given)
    ]
    yield replace(found, guards=(*found.guards, *guards)) if guards else found


def _wrappers(
    finder: Finder, name: str, value: Value, node: ast.AST, found: Registration, given: Arguments
) -> Iterator[tuple[Value, ast.AST]]:
    endpoint = parameter_binding.text(
        given.get(_ENDPOINT if found.written == "add_url_rule" else Slot(None, ("endpoint",)))
    )
    for option in options(found.target):
        definition = finder.definition(option)
        own = definition.node.name if isinstance(definition, Func | Klass) else None
        if name not in {"*", _last(endpoint) if endpoint is not None else own}:
            continue
        if isinstance(value, Made):
            yield value, node
        yield from ((decorator, node) for decorator, _ in view_methods.wrappers(value))
