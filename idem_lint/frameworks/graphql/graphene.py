"""Graphene: ``Mutation`` classes that a schema has as fields, and the resolvers of its mutation type.

Source: graphene/types/mutation.py (``Field()`` takes ``mutate`` as it is then), graphene/relay/mutation.py (``mutate``
is the library's, and calls ``mutate_and_get_payload``).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from idem_lint.engine.module_facts import CallSite, Scope
from idem_lint.engine.value_types import UNKNOWN, External, Func, Klass, Value, options
from idem_lint.finding import view_methods
from idem_lint.finding.interface import POST, Finder, Framework, Registration
from idem_lint.frameworks.graphql.resolvers import is_named_for_mutations, roots

_TAKEN = "Field() has already taken the method"
_ON_CLASS = "it stands on the class, and graphene calls the class's mutate"
_ABOVE_CLASSMETHOD = "it stands above @classmethod and is given an object that cannot be called"
# What the libraries' own ``mutate`` leaves to the class.
_LEFT_TO_CLASS = ("mutate_and_get_payload", "perform_mutate")
_OF_LIBRARY = (
    "give `class {name}` a classmethod `mutate_and_get_payload` that returns super().mutate_and_get_payload(…), and put "
    "@{mark} below its @classmethod"
)
Guard = tuple[Value, ast.AST]


def _registrations(finder: Finder, scope: Scope) -> Iterator[Registration]:
    for site in scope.module.sites(frozenset([b"Field"])):
        if isinstance(site.node.func, ast.Attribute) and site.node.func.attr == "Field":
            for klass in _owners(finder, site, site.node.func.value):
                yield from _mutation(finder, klass, site)
    classes = [Klass(node, owner) for node, owner in scope.module.classes]
    named = [klass for klass in classes if is_named_for_mutations(klass.node.name)]
    types = [klass for klass in named if _has_base(finder, klass, "ObjectType")]
    for klass in (*types, *roots(finder, scope.module)):
        yield from _resolvers(finder, klass)


def _owners(finder: Finder, site: CallSite, node: ast.expr) -> Iterator[Klass]:
    """The mutation classes that a ``….Field()`` is called on, one round of its loops after the other."""
    for env in finder.evaluator.rounds(site.loops, site.scope, {}) or [{}]:
        for option in options(finder.evaluator.evaluate(node, site.scope, env)):
            if isinstance(option, Klass) and _has_base(finder, option, "Mutation"):
                yield option


def _has_base(finder: Finder, klass: Klass, ending: str) -> bool:
    bases = [base.name for base in finder.evaluator.mro(klass) if isinstance(base, External)]
    return any(name.endswith(ending) and not name.startswith("builtins.") for name in bases)


# mutation classes


def _mutation(finder: Finder, klass: Klass, site: CallSite) -> Iterator[Registration]:
    found = finder.evaluator.class_attribute(klass, "mutate")
    own = "mutate" in klass.body.bindings
    guards, idle = _settled(finder, klass, site)
    on_class = [(finder.evaluator.evaluate(node, klass.scope), node) for node in klass.node.decorator_list]
    if own:
        idle.extend((value, node, _ON_CLASS) for value, node in on_class)
    else:
        guards.extend(on_class)
        for function in _called(finder, klass, found):
            below, above = _around_classmethod(finder, function)
            guards.extend(below)
            idle.extend((value, node, _ABOVE_CLASSMETHOD) for value, node in above)
    for option in options(found) if own and found is not None else (klass,):
        target = finder.definition(option)
        above = _around_classmethod(finder, target)[1] if isinstance(target, Func) else []
        yield Registration(
            framework=FRAMEWORK.name,
            target=option if isinstance(target, Func) else klass,
            methods=POST,
            route=klass.node.name,
            node=klass.node,
            scope=klass.scope,
            evidence="explicit" if own else "inherited",
            guards=tuple(guards),
            written="Mutation",
            attribute="mutate",
            advice=_advice(finder, klass, found),
            idle=(*idle, *((value, node, _ABOVE_CLASSMETHOD) for value, node in above)),
        )


def _settled(
    finder: Finder, klass: Klass, site: CallSite
) -> tuple[list[Guard], list[tuple[Value, ast.AST, str]]]:
    """``Pay.mutate = money_moving(Pay.mutate)``, before and after ``Pay.Field()``."""
    found = list(view_methods.replaced(finder, klass, "mutate"))
    is_near = site.scope.module is klass.module and not site.scope.is_function
    line = site.node.lineno if is_near else sys.maxsize
    late = [guard for guard in found if line < getattr(guard[1], "lineno", 0)]
    return [guard for guard in found if guard not in late], [(*guard, _TAKEN) for guard in late]


def _advice(finder: Finder, klass: Klass, mutate: Value | None) -> str:
    """How to mark a mutation whose ``mutate`` is a base's: at what that calls of the class, else at a method of its own."""
    own = [function for function in _called(finder, klass, mutate) if function.scope.node is klass.node]
    if own:
        below = ", below @classmethod" if own[0].node.decorator_list else ""
        return f"put @{{mark}} directly above `def {own[0].node.name}` in `class {{name}}`{below}"
    if mutate is None:
        return _OF_LIBRARY
    home = next(
        (
            base
            for base in finder.evaluator.mro(klass)
            if isinstance(base, Klass) and "mutate" in base.body.bindings
        ),
        klass,
    )
    return f"write `mutate = {{mark}}({home.node.name}.mutate)` in `class {{name}}`"


def _called(finder: Finder, klass: Klass, mutate: Value | None) -> Iterator[Func]:
    """An inherited ``mutate``, and what it calls of the class: ``cls.perform(…)``."""
    known = finder.evaluator.class_attribute
    waiting: list[Value | None] = [mutate] if mutate else [known(klass, name) for name in _LEFT_TO_CLASS]
    seen: set[str] = set()
    for value in waiting:
        if isinstance(value, Func):
            yield value
            names = set(_own_names(value.node)) - seen
            seen |= names
            waiting.extend(known(klass, name) for name in sorted(names))


def _own_names(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in {"cls", "self"}
        ):
            yield node.attr


def _around_classmethod(finder: Finder, function: Func) -> tuple[list[Guard], list[Guard]]:
    """The decorators that graphene's call runs through, and those above ``@classmethod``."""
    links = finder.links(function)
    end = next((position for position, link in enumerate(links) if link.written == "classmethod"), len(links))
    pairs: list[Guard] = [(link.decorator, link.node) for link in links]
    return pairs[:end], pairs[end + 1 :]


# the mutation type's own fields


def _resolvers(finder: Finder, klass: Klass) -> Iterator[Registration]:
    for name, found in klass.body.bindings.items():
        node = found[-1].node
        if isinstance(node, ast.Call):
            for word in node.keywords:
                if word.arg == "resolver":
                    yield _resolver(finder.evaluator.evaluate(word.value, klass.body), node, klass, name)
        elif name.startswith("resolve_") and name.removeprefix("resolve_") in klass.body.bindings:
            value = finder.evaluator.class_attribute(klass, name) or UNKNOWN
            yield _resolver(value, klass.node, klass, name.removeprefix("resolve_"))


def _resolver(target: Value, node: ast.AST, klass: Klass, name: str) -> Registration:
    return Registration(FRAMEWORK.name, target, POST, name, node, klass.body, written="Field", attribute=name)


FRAMEWORK = Framework(
    name="graphene",
    titles=("Graphene",),
    packages=(
        "graphene",
        "graphene_django",
        "graphene_sqlalchemy",
        "graphene_federation",
        "graphene_django_cud",
    ),
    module_hook=_registrations,
    tokens=(r"graphene[_.\s]",),
)
