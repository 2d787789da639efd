"""Google's Functions Framework, and Cloud Functions for Firebase, which it serves.

Source: functions_framework/__init__.py (``http``: a rule without methods; ``typed``: POST; the server takes the function
from its module by name, so every decorator applies; ``cloud_event`` is sent by a queue and no handler of POST),
firebase_functions/https_fn.py (``on_request``; ``on_call`` refuses what is not POST).
"""

from __future__ import annotations

from idem_lint.finding.interface import ANY, POST, Framework, Route, Slot

_NO_PATH = Slot()
_HTTP = Route(fixed=ANY, path=_NO_PATH, needs_path=False, bare=True, deferred=True)
_CALL = Route(fixed=POST, path=_NO_PATH, needs_path=False, bare=True, deferred=True)
_FUNCTIONS = {"http": _HTTP, "typed": _CALL, "on_request": _HTTP, "on_call": _CALL}

FRAMEWORK = Framework(
    name="functions_framework",
    titles=("Functions Framework", "Firebase functions"),
    packages=("functions_framework", "firebase_functions"),
    functions=_FUNCTIONS,
    tokens=("functions_framework", "firebase_functions"),
    local=frozenset(_FUNCTIONS),
)
