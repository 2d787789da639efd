"""Flask-Admin: exposed methods, actions, and what a registered model view has of its own.

Source: flask_admin/base.py (``expose`` notes rules on the method: GET unless methods are given; whatever wraps the method
is called), flask_admin/actions.py (``action``: run by a POST), flask_admin/model/base.py (the forms call
``create_model`` and ``update_model``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import ANY, POST, Framework, Methods, Registration, Route, Slot
from idem_lint.frameworks import admin_classes

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_HOOKS: dict[str, Methods] = dict.fromkeys(("create_model", "update_model", "delete_model"), POST)


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    if found.written != "add_view":
        yield found
        return
    for klass in admin_classes.registered(finder, found):
        yield from admin_classes.hooks(finder, found, klass, _HOOKS)


FRAMEWORK = Framework(
    name="flask_admin",
    titles=("Flask-Admin",),
    adapter=runtime_adapters.FLASK,
    packages=("flask_admin",),
    methods={"add_view": Route(fixed=ANY, target=Slot(0, ("view",)), needs_path=False, strict=True)},
    functions={
        "expose": Route(
            path=Slot(0, ("url",)), methods=Slot(1, ("methods",)), needs_path=False, deferred=True
        ),
        "expose_plugview": Route(path=Slot(0, ("url",)), needs_path=False),
        "action": Route(fixed=POST, path=Slot(0, ("name",)), deferred=True),
    },
    refine=_refine,
    tokens=("flask_admin",),
    local=frozenset({"add_view", "expose", "expose_plugview", "action"}),
)
