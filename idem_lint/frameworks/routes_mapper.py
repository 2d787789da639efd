"""Routes: ``mapper.connect(path, controller=…, action=…, conditions={"method": ["POST"]})``, in OpenStack, say.

Source: routes/mapper.py (``connect`` takes a name before the path; ``resource`` connects ``create`` and what its tables
say; a submapper hands on what it was made with), routes/route.py (``conditions``: any method where there are none).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.value_types import (
    UNKNOWN,
    Applied,
    Bound,
    Const,
    Func,
    Klass,
    Made,
    Member,
    Parameter,
    Table,
    Value,
    options,
)
from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, POST, Framework, Registration, Route, Slot
from idem_lint.finding.prefix_tables import rooted, slashed

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_NAME = "routes"
_CONTROLLER = Slot(None, ("controller",))
_TABLES = ("collection", "member", "new")
_MAKES_SUBMAPPERS = frozenset({"submapper", "collection"})
_UNREAD = "which controller and action it leads to cannot be read from the source"


def _refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """What one call connects, each with the method of its controller."""
    is_mapper = finder.framework_of(found.owner) is FRAMEWORK
    if not is_mapper and given.get(_CONTROLLER) is None:
        return  # by its name alone it may be anybody's: signals, sockets and databases are connected, too
    given = _above(finder, found.owner).then(given)
    found = replace(found, evidence="explicit")
    if found.written == "resource":
        yield from _resource(finder, found, given)
    elif found.written in _MAKES_SUBMAPPERS:
        yield from _created(finder, found, given)
    else:
        action = parameter_binding.text(given.keywords.get("action"))
        methods, problem = _methods(found, given)
        path = _path(found, given, action)
        route = rooted(slashed(_prefix(given), path)) if path is not None else None
        said = replace(found, methods=methods, problem=problem, route=route)
        yield from _answering(finder, said, given, action)


def _above(finder: Finder, owner: Value) -> Arguments:
    """What the submapper that a call is made of was made with."""
    given = parameter_binding.Arguments((), {})
    for option in options(owner):
        if isinstance(option, Made) and isinstance(option.callee, Member):
            maker = option.callee
            if maker.name in _MAKES_SUBMAPPERS:
                own = parameter_binding.read(option.call, finder.evaluator, option.scope, option.environment)
                keywords = {
                    name: value for name, value in own.keywords.items() if name not in {"action", "actions"}
                }
                outer = _above(finder, maker.owner)
                if "path_prefix" in outer.keywords:
                    keywords["path_prefix"] = Const(_prefix(outer) + _prefix(own))
                given = outer.then(replace(own, positional=(), keywords=keywords))
    return given


def _prefix(given: Arguments) -> str:
    return parameter_binding.text(given.keywords.get("path_prefix")) or ""


def _path(found: Registration, given: Arguments, action: str | None) -> str | None:
    """The path of ``connect([name,] path)``, ``action(name)`` and ``link(rel)``."""
    named = found.written != "connect"
    where = 0 if named or len(given.positional) < 2 else 1
    own = given.positional[where] if given.positional else given.keywords.get("name" if named else "path")
    return parameter_binding.text(own) or (action if named else None)


def _methods(found: Registration, given: Arguments) -> tuple[frozenset[str], str]:
    """The methods of ``conditions``; a submapper's ``action`` and ``link`` take one themselves."""
    if found.written != "connect":
        return parameter_binding.methods(given.get(Slot(None, ("method",))) or Const("GET"))
    for option in options(given.keywords.get("conditions") or Const(None)):
        if isinstance(option, Table):
            said = option.get("method")
            if said is not None:
                return parameter_binding.methods(said)
            if option.complete:
                return ANY, ""
        if option != Const(None):
            return frozenset(), "its conditions cannot be read from the source"
    return (ANY, "") if given.complete else (frozenset(), "its conditions may be in an argument list")


def _resource(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """``resource(member, collection)``: ``create``, and the actions of its tables that are POST."""
    name = parameter_binding.text(given.get(Slot(1, ("collection_name",)))) or ""
    root = rooted(slashed(_prefix(given), name))
    yield from _answering(finder, replace(found, methods=POST, route=root), given, "create", is_optional=True)
    for table in _TABLES:
        middle = {"collection": "", "member": "/{id}", "new": "/new"}[table]
        for option in options(given.keywords.get(table) or Const(None)):
            for key, verbs in option.pairs if isinstance(option, Table) else ():
                action = parameter_binding.text(key)
                methods, problem = parameter_binding.methods(verbs)
                if methods & {"POST", "*"} or problem:
                    said = replace(found, methods=methods, problem=problem, route=f"{root}{middle}/{action}")
                    yield from _answering(finder, said, given, action)


def _created(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """A submapper connects what is among its ``actions``; a collection's has all of them where none are given."""
    named = given.keywords.get("actions" if found.written == "submapper" else "collection_actions")
    if named is None or "create" in parameter_binding.texts(named):
        name = parameter_binding.text(given.get(Slot(0, ("collection_name",)))) or ""
        path = rooted(slashed(_prefix(given), name))
        yield from _answering(
            finder, replace(found, methods=POST, route=path), given, "create", is_optional=True
        )


def _answering(
    finder: Finder, found: Registration, given: Arguments, action: str | None, *, is_optional: bool = False
) -> Iterator[Registration]:
    """The methods that an action may be; one that is found nowhere is left open. ``is_optional``: where a controller that
    is known has none, nothing answers.
    """
    controller = given.get(_CONTROLLER) or UNKNOWN
    found = replace(found, parameters=(*found.parameters, *_deciding(given)))
    known = [
        registration
        for option in options(controller)
        for registration in _of_controller(finder, found, option, action)
    ]
    is_asked = found.methods & {"POST", "*"} or found.problem
    if not known and is_asked and not (is_optional and _is_whole(finder, controller)):
        problem = "" if _hands_on(found, given) else found.problem or _UNREAD
        yield replace(found, target=UNKNOWN, methods=frozenset(), problem=problem)
    for registration in known:
        yield (
            replace(registration, methods=frozenset()) if _only_refuses(registration.target) else registration
        )


def _hands_on(found: Registration, given: Arguments) -> bool:
    """Whether a project's own ``connect`` gives what it is given to that of its base: its callers connect."""
    node = found.scope.node
    return not given.complete and isinstance(node, ast.FunctionDef) and node.name == found.written


def _deciding(given: Arguments) -> Iterator[Parameter]:
    """The parameters of the functions around a call that decide what it connects."""
    for name in ("controller", "action", "method"):
        yield from parameter_binding.parameters_in(given.keywords.get(name, UNKNOWN))
    for option in options(given.keywords.get("conditions", UNKNOWN)):
        yield from parameter_binding.parameters_in(option)
        for _, verbs in option.pairs if isinstance(option, Table) else ():
            yield from parameter_binding.parameters_in(verbs)


def _is_whole(finder: Finder, controller: Value) -> bool:
    """Whether the classes of a controller, and of what a resource around it was made with, can be seen up to their last
    base: what they do not have is not there.
    """
    if isinstance(controller, Applied):
        return _is_whole(finder, controller.target)
    if isinstance(controller, Bound):
        return _is_whole(finder, controller.owner)
    if not _is_plain(finder, controller):
        return False
    given = parameter_binding.of(controller, finder.evaluator) if isinstance(controller, Made) else None
    return given is None or (
        given.complete
        and all(
            isinstance(option, Const) or _is_plain(finder, option)
            for argument in (*given.positional, *given.keywords.values())
            for option in options(argument)
        )
    )


def _is_plain(finder: Finder, value: Value) -> bool:
    """Whether a value is an object or a class of the project that has no other methods than its classes say."""
    klass = value.callee if isinstance(value, Made) else value
    if not isinstance(klass, Klass):
        return False
    bases = finder.evaluator.mro(klass)
    return all(isinstance(base, Klass) or base.name == "builtins.object" for base in bases) and (
        finder.evaluator.class_attribute(klass, "__getattr__") is None
    )


def _of_controller(
    finder: Finder, found: Registration, controller: Value, action: str | None
) -> Iterator[Registration]:
    """The action of an object, or of what the object was made with: a resource that wraps the controller. What has no
    action is called itself.
    """
    if isinstance(controller, Func | Bound):
        yield replace(found, target=controller)
        return
    if isinstance(controller, Applied):  # a resource that is given nothing but the controller
        held = controller.target
        controller = held.owner if isinstance(held, Bound) else held
    klass = controller.callee if isinstance(controller, Made) else controller
    if isinstance(klass, Klass):
        if finder.evaluator.class_attribute(klass, action or "__call__") is not None:
            yield from view_methods.member(finder, found, klass, action or "__call__")
            return
    if isinstance(controller, Made) and action is not None:
        given = parameter_binding.read(
            controller.call, finder.evaluator, controller.scope, controller.environment
        )
        for argument in (*given.positional, *given.keywords.values()):
            inner = [
                registration
                for option in options(argument)
                for registration in _of_controller(finder, found, option, action)
                if isinstance(option, Made | Klass)
            ]
            if inner:
                yield from inner
                return


def _only_refuses(target: Value) -> bool:
    """Whether a method does nothing but raise: what answers the methods that a path does not have."""
    if not isinstance(target, Func):
        return False
    *before, last = target.node.body
    return isinstance(last, ast.Raise) and all(isinstance(statement, ast.Expr) for statement in before)


_CONNECT = Route(default=ANY, methods=Slot(), path=Slot(0), target=Slot(0), needs_path=False)
_OF_A_SUBMAPPER = replace(_CONNECT, strict=True)
FRAMEWORK = Framework(
    name=_NAME,
    titles=("Routes",),
    packages=("routes",),
    methods={
        "connect": replace(_CONNECT, target=Slot(0, ("path", "routename"))),
        "resource": _CONNECT,
        "submapper": replace(_OF_A_SUBMAPPER, target=Slot(None, ("actions",))),
        "collection": _OF_A_SUBMAPPER,
        "action": replace(_OF_A_SUBMAPPER, target=Slot(0, ("name", "action"))),
        "link": replace(_OF_A_SUBMAPPER, target=Slot(0, ("rel", "action"))),
    },
    refine=_refine,
    shares_its_name=True,
    own_names=frozenset({"Mapper", "base", "mapper", "middleware", "route", "url_for", "util"}),
    tokens=(r"conditions\s*=", r"controller\s*="),
    local=frozenset({"connect", "resource"}),
    telling=frozenset({"controller", "conditions"}),
)
