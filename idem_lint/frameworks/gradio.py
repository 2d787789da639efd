"""Gradio: what an event calls, an interface's function, and ``gr.api``: each is an endpoint that is called by POST.

Source: gradio/events.py (every event listener is a decorator or takes ``fn``), gradio/routes.py (``/call/{api_name}``,
``/queue/join``: ``api_name=False`` hides the endpoint, the page still calls it).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import Const
from idem_lint.finding.interface import POST, Framework, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_FUNCTION = Slot(0, ("fn",))
_EVENT = Route(
    fixed=POST, path=Slot(None, ("api_name",)), target=_FUNCTION, needs_path=False, strict=True, bare=True
)
_MADE = Route(fixed=POST, path=Slot(None, ("api_name",)), target=_FUNCTION, needs_path=False)
_EVENTS = (
    *("click", "change", "input", "select", "submit", "blur", "focus", "edit", "clear", "upload", "release"),
    *("load", "unload", "then", "success", "failure", "tick", "delete", "like", "retry", "undo", "apply"),
)


def _refine(_finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    """Nothing where the page alone answers: ``click(None, js=…)``."""
    if found.target != Const(None):
        yield found


FRAMEWORK = Framework(
    name="gradio",
    packages=("gradio",),
    titles=("Gradio",),
    methods=dict.fromkeys(_EVENTS, _EVENT),
    functions={
        **dict.fromkeys(("Interface", "ChatInterface"), _MADE),
        "api": replace(_EVENT, strict=False),
        "on": Route(fixed=POST, path=Slot(None, ("api_name",)), target=Slot(1, ("fn",)), needs_path=False),
    },
    refine=_refine,
    tokens=("gradio",),
    local=frozenset({*_EVENTS, "Interface", "ChatInterface", "api", "on"}),
)
