"""django-ninja: Django's walk, with the operations of each path read from ninja's ``PathView``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.lint.oracles import Truth, Truths
from tests.lint.oracles.django import PROBED, Route, truths


def routes(case: Path) -> set[Truth]:
    """The handlers of the case's ``urls.py``."""
    return truths(case, operations, settings={"NINJA_SKIP_REGISTRY": True})


def operations(found: Truths, route: Route) -> bool:
    """A path of an API: of its operations, those that ninja itself would choose for a method."""
    path_view = path_view_of(route.callback)
    for method in PROBED if path_view is not None else ():
        operation = path_view._find_operation(_Asked(method))
        if operation is not None:
            found.add(operation.view_func, {method}, route.path)
    return path_view is not None


def path_view_of(callback: Any) -> Any:
    """The ``PathView`` that a ninja view closes over; ``None`` for other views."""
    from ninja.operation import PathView

    cells = getattr(callback, "__closure__", None) or ()
    return next((cell.cell_contents for cell in cells if isinstance(cell.cell_contents, PathView)), None)


class _Asked:
    """As much of a request as ninja looks at when it chooses an operation."""

    def __init__(self, method: str) -> None:
        self.method = method
