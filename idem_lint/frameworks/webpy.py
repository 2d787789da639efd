"""web.py: pairs of patterns and classes, whose methods have HTTP's names in capitals.

Source: web/application.py (a class is given itself or by its name in ``fvars``, or dotted; ``auto_application`` registers
what extends its ``page``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import terminal
from idem_lint.engine.value_types import Const, Items, Klass, Value, options
from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, POST, Framework, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_METHOD = "POST"


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    """The classes of a mapping, each after its pattern."""
    for option in options(found.target):
        row = option.items if isinstance(option, Items) else ()
        for pattern, target in zip(row[::2], row[1::2], strict=False):
            yield from _mapped(finder, replace(found, route=parameter_binding.text(pattern)), target)


def _mapped(finder: Finder, found: Registration, target: Value) -> Iterator[Registration]:
    for option in options(target):
        klass = _named(finder, found, option.value) if isinstance(option, Const) else option
        if isinstance(klass, Klass) and finder.evaluator.class_attribute(klass, _METHOD) is not None:
            method = replace(found, methods=POST, evidence="explicit")
            yield from view_methods.member(finder, method, klass, _METHOD)


def _named(finder: Finder, found: Registration, name: object) -> Value | None:
    """A class by its name in the module that makes the application, or by its dotted name."""
    if not isinstance(name, str):
        return None
    if "." in name:
        return finder.evaluator.imported(name, found.scope.module)
    return finder.evaluator.lookup(name, found.scope.module.scope, {})


def _view_hook(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """A class in a module that imports web.py, registered where nobody sees it: by ``app.page``, or in another project."""
    if not any(name.partition(".")[0] == "web" for name in klass.module.imports):
        return
    if finder.evaluator.class_attribute(klass, _METHOD) is not None:
        pages = any(terminal(base) == "page" for base in klass.node.bases)
        found = Registration("webpy", klass, POST, None, klass.node, klass.scope, presumed=not pages)
        yield from view_methods.member(finder, found, klass, _METHOD)


_MAPPING = Route(fixed=ANY, path=Slot(None), target=Slot(0, ("mapping",)))
FRAMEWORK = Framework(
    name="webpy",
    titles=("web.py",),
    packages=("web",),
    functions={"application": _MAPPING, "subdomain_application": _MAPPING},
    refine=_refine,
    shares_its_name=True,
    view_hook=_view_hook,
    duck_prefixes=(_METHOD,),
    tokens=(r"web\.\w*application", r"from web import"),
    local=frozenset({"application", "subdomain_application"}),
)
