"""Odoo: routes of controllers.

Source: odoo/http.py (``route``: every method unless ``methods`` are given; what its wrapper is called through by name
includes the decorators above it; ``json`` and ``jsonrpc`` take a call in the body, which is a POST).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.finding.interface import ANY, POST, Framework, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_TYPE = Slot(None, ("type",))


def _refine(_finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """A JSON-RPC route without methods answers POST."""
    is_rpc = parameter_binding.text(given.get(_TYPE)) in {"json", "jsonrpc"}
    if is_rpc and not found.has_methods and given.complete:
        found = replace(found, methods=POST, evidence="explicit")
    yield found


FRAMEWORK = Framework(
    name="odoo",
    titles=("Odoo",),
    packages=("odoo.http", "openerp.http"),
    functions={
        "route": Route(
            path=Slot(0, ("route",)),
            methods=Slot(None, ("methods", "method")),
            default=ANY,
            needs_path=False,
            deferred=True,
        )
    },
    refine=_refine,
    tokens=("odoo", "openerp"),
)
