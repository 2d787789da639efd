"""Frappe: functions and document methods that ``/api/method/…`` calls by their dotted name.

Source: frappe/__init__.py (``whitelist(allow_guest, xss_safe, methods)``: GET, POST, PUT and DELETE unless methods are
given; ``is_whitelisted`` looks for the very function that was registered, so a decorator above it makes it unreachable).
"""

from __future__ import annotations

from idem_lint.finding.interface import ANY, Framework, Route, Slot

FRAMEWORK = Framework(
    name="frappe",
    titles=("Frappe",),
    packages=("frappe",),
    functions={
        "whitelist": Route(methods=Slot(2, ("methods",)), path=Slot(), default=ANY, needs_path=False),
    },
    tokens=("frappe",),
)
