"""Nameko: ``@http("POST", url)`` on the methods of a service; what a message or a timer starts answers no method.

Source: nameko/web/handlers.py (one text names the methods, with commas), nameko/extensions.py (an entrypoint is noted on the
function, and the service's method is called by its name: every decorator around it applies).
"""

from __future__ import annotations

from idem_lint.finding.interface import Framework, Methods, Route, Slot

_NONE: Methods = frozenset()
_MESSAGE = Route(fixed=_NONE, path=Slot(None), needs_path=False, bare=True, deferred=True)

FRAMEWORK = Framework(
    name="nameko",
    titles=("Nameko",),
    packages=("nameko",),
    functions={
        "http": Route(methods=Slot(0, ("method",)), path=Slot(1, ("url",)), deferred=True),
        **dict.fromkeys(("rpc", "event_handler", "consume", "timer"), _MESSAGE),
    },
    tokens=("nameko",),
    local=frozenset({"http", "rpc", "event_handler", "consume", "timer"}),
)
