"""Django REST framework: Django's walk, with ``@api_view`` functions and the action maps of viewsets understood."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.lint.oracles import Truth, Truths, original
from tests.lint.oracles.django import PROBED, Route, attribute, own, truths

SETTINGS = {"REST_FRAMEWORK": {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}}


def routes(case: Path) -> set[Truth]:
    """The handlers of the case's ``urls.py``."""
    return truths(case, api_view, viewset, generic_create, apps=("rest_framework",), settings=SETTINGS)


def api_view(found: Truths, route: Route) -> bool:
    """A function below ``@api_view``: the methods of its list that get through to it."""
    cls = attribute(route.callback, "cls")
    handlers = [value for value in vars(cls or object).values() if _is_api_view_handler(value)]
    if not handlers:
        return False
    cells = dict(zip(handlers[0].__code__.co_freevars, handlers[0].__closure__, strict=True))
    function = original(cells["func"].cell_contents)
    methods = [method for method in PROBED if route.ends_in(method, function.__code__)]
    found.add(function, methods, route.path)
    return True


def _is_api_view_handler(value: Any) -> bool:
    return getattr(value, "__qualname__", "") == "api_view.<locals>.decorator.<locals>.handler"


def viewset(found: Truths, route: Route) -> bool:
    """A viewset: what its action map gives to POST."""
    actions = attribute(route.callback, "actions")
    cls = attribute(route.callback, "cls")
    if actions is None:
        return False
    name = actions.get("post")
    if name is not None:
        code = original(getattr(cls, name)).__code__
        methods = [method.upper() for method, action in actions.items() if action == name]
        reached = [method for method in methods if route.ends_in(method, code)]
        found.add(own(cls, name), reached, route.path)
    return True


def generic_create(found: Truths, route: Route) -> bool:
    """A generic view whose ``post`` is the framework's and whose ``create`` is its own."""
    cls = attribute(route.callback, "cls")
    if cls is None or own(cls, "create") is cls or own(cls, "post") is not cls or not hasattr(cls, "post"):
        return False
    create = own(cls, "create")
    if original(cls.post).__module__ != "rest_framework.generics":
        return False
    if route.ends_in("POST", original(create).__code__):
        found.add(create, {"POST"}, route.path)
    return True
