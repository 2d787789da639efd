"""Which methods get through the decorators around a Django view.

Source: django/views/decorators/http.py (compares ``request.method``, always upper case, with the list as it stands),
rest_framework/decorators.py (``api_view`` folds case; GET where nothing is given).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine import constants, parameter_binding
from idem_lint.engine.value_types import Applied, Bound, Const, External, Func, Items, Made, Value, options
from idem_lint.finding.interface import ANY, GET, POST, VERBS, Methods, Slot

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_FIXED = {"require_POST": POST, "require_GET": GET, "require_safe": GET | {"HEAD"}}
DESCRIBING = frozenset({*_FIXED, "require_http_methods", "api_view"})
_LISTS = {
    "require_http_methods": Slot(0, ("request_method_list",)),
    "api_view": Slot(0, ("http_method_names",)),
}
_KNOWN = frozenset(verb.upper() for verb in VERBS)
_PACKAGES = ("django.", "rest_framework.", "adrf.")


def allowed(finder: Finder, view: Value) -> tuple[Methods, str]:
    """The methods that reach a view through all that wraps it, and what cannot be told (empty where all can)."""
    methods, problem = ANY, ""
    for decorator in _around(finder, view):
        names, why = restriction(finder, decorator)
        methods, problem = narrowed(methods, names), problem or why
    return methods, "" if methods == ANY or methods & POST else problem


def narrowed(methods: Methods, others: Methods) -> Methods:
    """The methods in both, where ``*`` is every method."""
    if "*" in others:
        return methods
    return others if "*" in methods else methods & others


def _around(finder: Finder, view: Value) -> Iterator[Value]:
    while isinstance(view, Applied):
        yield view.decorator
        view = view.target
    if isinstance(view, Bound):
        view = view.function
    if isinstance(view, Made):
        call = finder.definition(view)
        view = call if isinstance(call, Func) else view
    if isinstance(view, Func):
        for link in finder.links(view):
            yield link.decorator


def restriction(finder: Finder, decorator: Value) -> tuple[Methods, str]:
    """What one decorator lets through; of several that it may be, the first that restricts."""
    for option in options(decorator):
        for carried, _ in carried_by(finder, option):
            methods, problem = _restriction(finder, carried)
            if methods != ANY or problem:
                return methods, problem
    return ANY, ""


def _restriction(finder: Finder, decorator: Value) -> tuple[Methods, str]:
    callee = decorator.callee if isinstance(decorator, Made) else decorator
    if not isinstance(callee, External) or not callee.name.startswith(_PACKAGES):
        return ANY, ""
    name = callee.name.rpartition(".")[2]
    if not isinstance(decorator, Made) or name not in _LISTS:
        return _FIXED.get(name, ANY), ""
    given = parameter_binding.read(decorator.call, finder.evaluator, decorator.scope, decorator.environment)
    value = given.get(_LISTS[name])
    if value is None:
        return (GET, "") if given.complete else (frozenset(), "its methods are not known from the source")
    names, complete = texts(value)
    if name == "api_view":
        names = frozenset(each.upper() for each in names)
    elif isinstance(value, Const) and isinstance(value.value, str):
        names = frozenset(verb for verb in _KNOWN if verb in str(value.value))  # `"POST" in "POST"`
    if not complete and "POST" not in names:
        return names, "its methods are not known from the source"
    return names & _KNOWN, ""


def texts(value: Value) -> tuple[frozenset[str], bool]:
    """The texts in a list, and whether these are all."""
    found: set[str] = set()
    complete = True
    for option in options(value):
        row = option if isinstance(option, Const) else constants.iterate(option)
        items = row.items if isinstance(row, Items) else (row,)
        words = [item.value for item in items if isinstance(item, Const) and isinstance(item.value, str)]
        found.update(words)
        complete = complete and len(words) == len(items) and (not isinstance(row, Items) or row.complete)
    return frozenset(found), complete


def carried_by(finder: Finder, decorator: Value) -> Iterator[tuple[Value, str | None]]:
    """The decorators that ``method_decorator`` carries, each with the name it is for; any other carries itself."""
    callee = decorator.callee if isinstance(decorator, Made) else None
    if (
        not isinstance(decorator, Made)
        or not isinstance(callee, External)
        or not callee.name.endswith(CARRIER)
    ):
        yield decorator, None
        return
    given = parameter_binding.read(decorator.call, finder.evaluator, decorator.scope, decorator.environment)
    name = parameter_binding.text(given.get(Slot(1, ("name",))))
    for option in options(given.get(Slot(0, ("decorator",))) or Const(None)):
        for each in option.items if isinstance(option, Items) else (option,):
            yield each, name


CARRIER = ".method_decorator"
