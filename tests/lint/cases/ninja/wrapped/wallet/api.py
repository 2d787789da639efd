from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.views.decorators.cache import never_cache
from ninja import NinjaAPI, Router, Schema
from ninja.decorators import decorate_view

from common.api import audited
from idem_runtime import money_moving

if TYPE_CHECKING:
    from django.http import HttpRequest

api = NinjaAPI()
guarded = Router()
guarded.add_decorator(audited("guarded"))
post = guarded.post


class Query(Schema):
    text: str


@api.post("/transfers")
@audited("transfer")
@money_moving
def transfer(request: Any) -> dict[str, str]:
    return {}


@money_moving
@api.post("/outside")
def marked_outside(request: Any) -> dict[str, str]:
    return {}


@api.post("/cached")
@decorate_view(never_cache)
def cached(request: Any) -> dict[str, str]:
    return {}


@api.post("/search", response=list[Query])
@audited("search")
def search(request: Any, query: Query) -> list[Query]:
    return [query]


@post("/bare")
def bare(request: Any) -> dict[str, str]:
    return {}


@guarded.get("/read")
def read(request: Any) -> dict[str, str]:
    return {}


class Rail:
    """A hook that registers its own methods."""

    def __init__(self, app: NinjaAPI) -> None:
        self.app = app
        self.app.post("/rail")(audited("rail")(self.receive))
        self.app.get("/rail")(audited("rail")(self.status))

    def receive(self, request: Any) -> dict[str, str]:
        return {}

    def status(self, request: Any) -> dict[str, str]:
        return {}


rail = Rail(api)
api.add_router("/guarded", guarded)
