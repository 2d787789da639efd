"""What could be a handler behind what nobody can read, as registrations that are open: the rules say so (IDM006)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from idem_lint.engine.dotted_names import written
from idem_lint.engine.module_facts import positional
from idem_lint.engine.parameter_binding import METHOD_WORDS, POST
from idem_lint.engine.value_types import TOO_DEEP, Bound, External, Func, Klass, Value, ends_in, options
from idem_lint.finding import kept_functions, unread_registrations, view_methods
from idem_lint.finding.configured_routers import CONFIGURED, dotted_name
from idem_lint.finding.interface import Registration, Unread, View
from idem_lint.finding.unread_bases import unread_bases, why

if TYPE_CHECKING:
    from idem_lint.engine.module_facts import Module
    from idem_lint.finding.find_handlers import Finder

# A place that no parameter has: what is given there may be kept.
_NOWHERE = 1000
_VIEW = View(bases=(), guards=("decorators",), dispatch="dispatch")
_UNREAD = "cannot be read to its end"
_KEPT = "keeps what it is put on for something that is not in sight"
_GIVEN = "keeps what it is given for something that is not in sight"
_BY_HAND = "name what it is where it stands, so that it can be read (ADR-007)"


def of_calls(finder: Finder, module: Module) -> Iterator[Registration]:
    """What the decorators and calls of a module that were followed to no end may register."""
    for unread in finder.unread:
        if unread.scope.module is module and finder.matcher.routers.kind(unread.value) is None:
            reason = unread_registrations.reason(unread, finder.evaluator)
            if reason is not None and _may_be_kept(finder, unread):
                what = "leads through too many functions to follow" if unread.value == TOO_DEEP else _UNREAD
                if unread.keeper is not None:
                    what = _KEPT if unread_registrations.is_decorator(unread) else _GIVEN
                text = f"`{unread_registrations.subject(unread)}`, which {what}, {reason}"
                yield from _open(finder, unread, text, _settles(unread.value))


def _may_be_kept(finder: Finder, unread: Unread) -> bool:
    """Whether a decorator may have what it is put on registered: not one of the project that only wraps it. The same of a
    call of the project's own and what that is given.
    """
    if unread.keeper is None:
        return True
    at = 0 if unread_registrations.is_decorator(unread) else _position_in_call(finder, unread)
    return (
        at is not None
        and kept_functions.keeps(unread.keeper, finder, at)
        and kept_functions.may_be_served(unread.keeper, finder)
    )


def _position_in_call(finder: Finder, unread: Unread) -> int | None:
    """The place of the parameter that the call gives its target to, one that does not exist where nobody can tell; ``None``
    where the function does nothing with the methods that it is given.
    """
    call, keeper = cast("ast.Call", unread.node), unread.keeper
    function = keeper.function if isinstance(keeper, Bound) else cast("Func", keeper)

    def is_target(node: ast.expr) -> bool:
        value = finder.evaluator.evaluate(node, unread.scope, unread.environment)
        return any(ends_in(option, unread.target) for option in options(value))

    taken = {each.arg for each in (*positional(function.node), *function.node.args.kwonlyargs)}
    read = {part.id for part in ast.walk(function.node) if isinstance(part, ast.Name)}
    if taken.intersection(METHOD_WORDS) - read:
        return None  # what says POST is dropped
    names = [each.arg for each in positional(function.node)][isinstance(keeper, Bound) :]
    places = [index for index, node in enumerate(call.args) if is_target(node)]
    places += [names.index(word.arg) for word in call.keywords if word.arg in names and is_target(word.value)]
    return next(iter(places), _NOWHERE)


def _open(finder: Finder, unread: Unread, reason: str, settles: str) -> Iterator[Registration]:
    klass = finder.view_class(unread.target)
    if klass is not None:
        yield from _methods(finder, klass, reason, settles)
        return
    yield Registration(
        framework="unknown",
        target=unread.target,
        methods=POST,
        route=None,
        node=unread.node,
        scope=unread.scope,
        written=written(unread.node),
        below=_position(finder, unread),
        problem=reason,
        settles=settles,
        unread=True,
    )


def _position(finder: Finder, unread: Unread) -> int | None:
    """How many decorators stand below one that is put on a function; None for a call."""
    function = finder.definition(unread.target)
    if not isinstance(function, Func) or unread.node not in function.node.decorator_list:
        return None
    nearer = {id(node) for node in function.node.decorator_list if node.lineno > unread.node.lineno}
    return sum(id(link.node) in nearer for link in finder.links(function))


def of_bases(finder: Finder, module: Module) -> Iterator[Registration]:
    """What the classes of a module may be by a base class that nobody can see."""
    for node, scope in list(module.classes):
        klass = Klass(node, scope)
        if _looks_like_a_view(finder, klass):
            yield from _of_class(finder, klass)


def _of_class(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """The methods of a class that answer POST as the configuration says of a base, or may by one that nobody can see."""
    kind_of = finder.matcher.routers.kind
    if not {None, "nothing"}.issuperset(map(kind_of, finder.evaluator.mro(klass)[1:])):
        for found in _methods(finder, klass, "", ""):
            yield replace(found, framework=CONFIGURED.name, unread=False)
        return
    unread = list(unread_bases(klass, finder.evaluator, finder.registry))
    base = next((each for each in unread if kind_of(each.value) != "nothing"), None)
    is_spelled = any(unread_registrations.is_spelled(klass, name) for name in klass.body.bindings)
    own = [each for each in finder.evaluator.mro(klass)[1:] if isinstance(each, Klass)]
    if base is not None:
        yield from _methods(finder, klass, why(base, finder.evaluator), _settles(base.value))
    elif not unread and "nothing" not in map(kind_of, own):
        # The project's own framework may ask for it by a name that it puts together.
        reason = "its name says so, and what calls it is not in sight" if is_spelled else ""
        reason = reason or _called_by_verb([klass, *own])
        yield from (
            () if not reason else _methods(finder, klass, reason, _settles(own[-1]) if own else _BY_HAND)
        )


def _called_by_verb(classes: list[Klass]) -> str:
    """Where one of some classes looks a method of its object up by the method of a request, as a clause; else nothing."""
    for klass in classes:
        for part in ast.walk(klass.node):
            if (
                isinstance(part, ast.Call)
                and isinstance(part.func, ast.Name)
                and part.func.id == "getattr"
                and len(part.args) > 1
                and isinstance(part.args[0], ast.Name)
                and part.args[0].id == "self"
                and any(_is_verb(name) for name in ast.walk(part.args[1]))
            ):
                return f"`{klass.node.name}` calls it by the method of a request"
    return ""


def _is_verb(part: ast.AST) -> bool:
    """``request.method``, ``scope["method"]``, ``environ["REQUEST_METHOD"]``."""
    if isinstance(part, ast.Attribute):
        return part.attr == "method"
    return isinstance(part, ast.Constant) and part.value in {"method", "REQUEST_METHOD"}


def _looks_like_a_view(finder: Finder, klass: Klass) -> bool:
    """Whether a class has a method that answers POST, or is registered and may inherit one. A class of a known framework
    that says itself what it answers is taken to be one that answers nothing else, whatever is mixed into it; Django's
    generic ``post`` of a deletion calls ``delete``.
    """
    if unread_registrations.view_methods(klass):
        return True
    calls = finder.view_calls.get(klass.node, ())
    if not any(not call.has_methods or call.methods & {"POST", "*"} for call in calls):
        return False
    says = any(name in klass.body.bindings for name in view_methods.VERB_METHODS if name != "delete")
    bases = (base.name for base in finder.evaluator.mro(klass) if isinstance(base, External))
    return not says or all(finder.registry.by_package(name) is None for name in bases)


def _methods(finder: Finder, klass: Klass, reason: str, settles: str) -> Iterator[Registration]:
    """The methods of a class that answer POST, or else the class, which may inherit one."""
    for attribute in unread_registrations.view_methods(klass) or ["post"]:
        for found in view_methods.of_attribute(finder, klass, "unknown", _VIEW, attribute, POST):
            yield replace(found, problem=reason, settles=settles, unread=True)


def _settles(value: Value) -> str:
    name = dotted_name(value)
    if name is None:
        return _BY_HAND
    return (
        f'say in [tool.idem-lint] what it registers: routers = {{ "{name}" = "POST" }} '
        '(or "verb", "methods", "nothing")'
    )
