"""ninja-extra: ninja's operations, with controllers' methods found below their route functions."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from tests.lint.oracles import Truth, Truths, original
from tests.lint.oracles.django import Route, own, truths
from tests.lint.oracles.ninja import operations, path_view_of


def routes(case: Path) -> set[Truth]:
    """The handlers of the case's ``urls.py``."""
    settings = {"NINJA_SKIP_REGISTRY": True}
    return truths(case, controller_operations, operations, apps=("ninja_extra",), settings=settings)


def controller_operations(found: Truths, route: Route) -> bool:
    """A path of a controller: the method where the controller's own body has it, else the controller."""
    path_view = path_view_of(route.callback)
    taken: set[str] = set()
    functions = [
        getattr(item.view_func, "get_route_function", None) for item in getattr(path_view, "operations", ())
    ]
    if not functions or None in functions:
        return False
    for operation, function in zip(path_view.operations, functions, strict=True):
        handler, methods = _handler(found, function()), set(operation.methods) - taken
        # A class stands for the one operation that takes POST, not for all that it inherits.
        if not inspect.isclass(handler) or "POST" in methods:
            found.add(handler, methods, route.path)
        taken |= set(operation.methods)
    return True


def _handler(found: Truths, route_function: Any) -> Any:
    controller = route_function.api_controller.controller_class
    written = next(cls for cls in controller.__mro__ if found.place(cls) is not None)
    function = original(route_function.route.view_func)
    belongs = function is not None and function.__qualname__ == f"{written.__qualname__}.{function.__name__}"
    same = belongs and function.__module__ == written.__module__
    return function if same and own(written, function.__name__) is not written else written
