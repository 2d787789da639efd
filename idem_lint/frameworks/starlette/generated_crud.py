"""Routers that make their routes themselves: FastCRUD, fastapi-crudrouter.

Source: fastcrud/endpoint/endpoint_creator.py (``included_methods``, ``deleted_methods``), fastapi_crudrouter/core/_base.py
(``create_route``). No function of the project answers their POST, so it is said where the router is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import constants
from idem_lint.engine.value_types import UNKNOWN, Const, Items, Value, options
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import POST, Route, Slot
from idem_lint.frameworks.starlette import fastapi

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder, Registration

_CREATE = Slot(7, ("create_route",))
_INCLUDED = Slot(None, ("included_methods",))
_DELETED = Slot(None, ("deleted_methods",))
_ROUTER = Route(
    fixed=POST, path=Slot(None, ("prefix", "path")), target=Slot(0, ("schema", "session")), needs_path=False
)
_CALLS = {
    "crud_router": _ROUTER,
    "EndpointCreator": _ROUTER,
    "CRUDGenerator": _ROUTER,
    **{
        f"{store}CRUDRouter": _ROUTER
        for store in ("Memory", "SQLAlchemy", "Databases", "Gino", "Ormar", "Tortoise")
    },
}
_PROBLEM = "the router makes a POST route of its own, which no function here answers"


def _refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    if found.written not in _CALLS:
        yield from fastapi.refine(finder, found, given)
    elif _creates(given):
        yield replace(found, target=UNKNOWN, methods=frozenset(), problem=_PROBLEM)


def _creates(given: Arguments) -> bool:
    """Whether the router has a route that creates: by default, unless its arguments leave it out."""
    if given.get(_CREATE) == Const(value=False):
        return False
    included, deleted = _names(given.get(_INCLUDED)), _names(given.get(_DELETED))
    return (included is None or "create" in included) and "create" not in (deleted or ())


def _names(value: Value | None) -> set[object] | None:
    """The texts of a list; ``None`` where there is none, or not all of it is known."""
    rows = [constants.iterate(option) for option in options(value)] if value is not None else []
    if not rows or not all(isinstance(row, Items) and row.complete for row in rows):
        return None
    return {
        item.value for row in rows if isinstance(row, Items) for item in row.items if isinstance(item, Const)
    }


FRAMEWORK = replace(
    fastapi.FRAMEWORK,
    name="generated_crud",
    packages=("fastapi_crudrouter", "fastcrud"),
    titles=("fastapi-crudrouter", "FastCRUD"),
    adapter=runtime_adapters.STARLETTE,
    functions={**fastapi.FRAMEWORK.functions, **_CALLS},
    refine=_refine,
    tokens=("fastcrud", "fastapi_crudrouter"),
    local=frozenset(_CALLS),
)
