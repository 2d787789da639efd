"""What the case files of django-ninja do not show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### methods in two spellings
from ninja import NinjaAPI
api = NinjaAPI()

@api.api_operation(["post", "POST", "get"], "/both")
def both(request):  # found
    return {}

@api.api_operation(["post", "get"], "/neither")
def neither(request):
    return {}

@api.api_operation(METHODS, "/unknown")
def unknown(request):  # undecided
    return {}

### the same path in two branches, on two routers, and computed
from django.conf import settings
from ninja import Router
router, other = Router(), Router()

if settings.STRICT:
    @router.post("/pay")
    def strict(request):  # found
        return {}
else:
    @router.post("/pay")
    def loose(request):  # found
        return {}

@router.post("/move")
def move(request):  # found
    return {}

@other.post("/move")
def move_elsewhere(request):  # found
    return {}

@router.put("/move")
def replace(request):
    return {}

@router.post(settings.PATH)
def computed(request):  # found
    return {}

### the later of two is hidden by a list of methods
from ninja import Router
router = Router()

@router.api_operation(["GET", "POST"], "/pay")
@staticmethod
def first(request):  # found
    return {}

@router.post("/pay")
def second(request):
    return {}

### a router that is made again
from ninja import Router
router = Router()

@router.post("/pay")
def first(request):  # found
    return {}

router = Router()

@router.post("/pay")
def second(request):  # found
    return {}

### a router given to a function
from ninja import Router

def routes(router: Router):
    @router.post("/pay")
    def first(request):  # found
        return {}

    @router.post("/pay")
    def second(request):  # found
        return {}

### decorate_view is refused, between two routes and above one
from idem_runtime import money_moving
from ninja import Router
from ninja.decorators import decorate_view
router = Router()

@router.post("/pay")
@decorate_view(money_moving)
@router.post("/v1/pay")
def pay(request):  # idle
    return {}

@decorate_view()
@decorate_view(money_moving)
@router.post("/move")
def move(request):  # idle
    return {}

### guards of routers in another module, mounted by name and by keyword
from ninja import Router
router = Router()
late = Router()

@router.post("/pay")
def pay(request):  # found: money_moving
    return {}

@late.post("/move")
def move(request):  # found: money_moving
    return {}

--- wallet/open.py
from ninja import Router
router = Router()

@router.post("/open")
def open_account(request):  # found
    return {}

--- config/api.py
from idem_runtime import money_moving
from ninja import NinjaAPI, Router
from wallet.app import late
from wallet import open
api = NinjaAPI()
money = Router()
free = NinjaAPI(urls_namespace="free")
money.add_decorator(money_moving)
money.add_decorator()
money.add_router("/wallet", "wallet.app.router")
money.add_router(prefix="/late", router=late)
money.add_router("/self", money)
api.add_router("/money", money)
free.add_router("/open", open.router)
unknown.add_router("/open", open.router)

### a lambda
from ninja import Router
router = Router()
router.add_api_operation("/pay", ["POST"], lambda request: {})  # found
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_the_linter_finds_what_the_comments_say(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
