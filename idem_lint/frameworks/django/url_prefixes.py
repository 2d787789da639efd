"""Django's prefixes: ``path("wallet/", include(…))``, from the module that the project's URLs start in.

Source: django/urls/resolvers.py (the patterns' texts follow each other; a slash stands at the start of all).
"""

from __future__ import annotations

from idem_lint.finding.interface import Include, Prefixes, Slot
from idem_lint.finding.prefix_tables import UNSAID, rooted

_ROUTE = Slot(0, ("route", "regex"))
_PATTERNS = ("path", "re_path", "url")


def joined(prefix: str, path: str) -> str:
    """One pattern after the other; a regular expression's anchors are no part of the route."""
    path = path.removeprefix("^").removesuffix("$")
    return f"{prefix}/{path}" if prefix.endswith(UNSAID) and not path.startswith("/") else f"{prefix}{path}"


PREFIXES = Prefixes(
    own=dict.fromkeys(_PATTERNS, _ROUTE),
    functions=dict.fromkeys(_PATTERNS, Include(router=Slot(1, ("view",)), parent="result")),
    join=joined,
    finish=rooted,
    by_module=True,
    table="urlpatterns",
)
