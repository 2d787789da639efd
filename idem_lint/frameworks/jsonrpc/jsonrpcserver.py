"""jsonrpcserver: ``@method`` and the table of methods that is given to ``dispatch``.

Source: jsonrpcserver/methods.py (``method`` keeps the function in a table of the process), jsonrpcserver/main.py
(``methods=`` takes its place). What reads the request is a handler of its own framework.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import Const, Table, options
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import POST, Framework, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_DISPATCH = Route(fixed=POST, path=Slot(None), target=Slot(1, ("methods",)), needs_path=False)
_DISPATCHERS = dict.fromkeys(
    ("dispatch", "async_dispatch", "dispatch_to_response", "dispatch_to_serializable"), _DISPATCH
)


def _refine(_finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    if found.written not in _DISPATCHERS:
        yield found
        return
    for option in options(found.target):
        for name, target in option.pairs if isinstance(option, Table) else ():
            route = name.value if isinstance(name, Const) and isinstance(name.value, str) else None
            yield replace(found, target=target, route=route)


FRAMEWORK = Framework(
    name="jsonrpcserver",
    packages=("jsonrpcserver",),
    titles=("jsonrpcserver",),
    adapter=runtime_adapters.FUNCTIONS,
    functions={
        "method": Route(fixed=POST, path=Slot(None, ("name",)), needs_path=False, bare=True),
        **_DISPATCHERS,
    },
    refine=_refine,
    tokens=("jsonrpcserver",),
    local=frozenset({"method", *_DISPATCHERS}),
)
