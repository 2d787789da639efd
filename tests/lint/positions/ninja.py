"""Where a mark takes effect in django-ninja: every path of the snippet's ``PATHS`` is posted to."""

from __future__ import annotations

import json

from tests.lint.positions._table import outcomes, snippets
from tests.lint.positions.django import configure, is_effective

PRELUDE = """\
from django.urls import path
from ninja import NinjaAPI, Router
from ninja.decorators import decorate_view

from recorder import money_moving

PATHS = ["/pay"]
api = NinjaAPI(urls_namespace=__name__)

"""

TABLE = """
### + below
@api.post("/pay")
@money_moving
def pay(request):
    return {}

urlpatterns = [path("", api.urls)]

### - above
@money_moving
@api.post("/pay")
def pay(request):
    return {}

urlpatterns = [path("", api.urls)]

### - between two routes
PATHS = ["/pay", "/v1/pay"]

@api.post("/pay")
@money_moving
@api.post("/v1/pay")
def pay(request):
    return {}

urlpatterns = [path("", api.urls)]

### + below two routes
PATHS = ["/pay", "/v1/pay"]

@api.post("/pay")
@api.post("/v1/pay")
@money_moving
def pay(request):
    return {}

urlpatterns = [path("", api.urls)]

### + async, below
@api.post("/pay")
@money_moving
async def pay(request):
    return {}

urlpatterns = [path("", api.urls)]

### - async, above
@money_moving
@api.post("/pay")
async def pay(request):
    return {}

urlpatterns = [path("", api.urls)]

### + api_operation, below
@api.api_operation(["GET", "POST"], "/pay")
@money_moving
def pay(request):
    return {}

urlpatterns = [path("", api.urls)]

### - rebound after registration
@api.post("/pay")
def pay(request):
    return {}

pay = money_moving(pay)
urlpatterns = [path("", api.urls)]

### + wrapped at registration
router = Router()

def pay(request):
    return {}

router.add_api_operation("/pay", ["POST"], money_moving(pay))
api.add_router("", router)
urlpatterns = [path("", api.urls)]

### + route called on the marked function
@money_moving
def pay(request):
    return {}

api.post("/pay")(pay)
urlpatterns = [path("", api.urls)]

### - mark called on the routed function
def pay(request):
    return {}

pay = money_moving(api.post("/pay")(pay))
urlpatterns = [path("", api.urls)]

### ! decorate_view, below
@api.post("/pay")
@decorate_view(money_moving)
def pay(request):
    return {}

urlpatterns = [path("", api.urls)]

### ! decorate_view, above
@decorate_view(money_moving)
@api.post("/pay")
def pay(request):
    return {}

urlpatterns = [path("", api.urls)]

### - decorate_view above two routes
PATHS = ["/pay", "/v1/pay"]

@decorate_view(money_moving)
@api.post("/v1/pay")
@api.post("/pay")
def pay(request):
    return {}

urlpatterns = [path("", api.urls)]

### + add_decorator of the router
router = Router()
router.add_decorator(money_moving)

@router.post("/pay")
def pay(request):
    return {}

api.add_router("", router)
urlpatterns = [path("", api.urls)]

### ! add_decorator of the router, after the route
router = Router()

@router.post("/pay")
def pay(request):
    return {}

router.add_decorator(money_moving, mode="view")
api.add_router("", router)
urlpatterns = [path("", api.urls)]

### ! add_decorator of the parent router, for views
router, parent = Router(), Router()
parent.add_decorator(money_moving, "view")

@router.post("/pay")
def pay(request):
    return {}

parent.add_router("", router)
api.add_router("", parent)
urlpatterns = [path("", api.urls)]

### ! decorate_view, route called on the function
@decorate_view(money_moving)
def pay(request):
    return {}

api.post("/pay")(pay)
urlpatterns = [path("", api.urls)]

### + decorate_view with something else
def plain(view):
    return view

@api.post("/pay")
@decorate_view(plain)
@money_moving
def pay(request):
    return {}

urlpatterns = [path("", api.urls)]

### + add_decorator of the API
api.add_decorator(money_moving)

@api.post("/pay")
def pay(request):
    return {}

urlpatterns = [path("", api.urls)]

### - add_decorator of another router
router, other = Router(), Router()
other.add_decorator(money_moving)

@router.post("/pay")
def pay(request):
    return {}

api.add_router("", router)
urlpatterns = [path("", api.urls)]

### + add_decorator of the parent router
router, parent = Router(), Router()
parent.add_decorator(money_moving)

@router.post("/pay")
def pay(request):
    return {}

parent.add_router("", router)
api.add_router("", parent)
urlpatterns = [path("", api.urls)]

### - the second operation of a method on one path
@api.post("/pay")
def first(request):
    return {}

@api.post("/pay")
@money_moving
def second(request):
    return {}

urlpatterns = [path("", api.urls)]
"""

SNIPPETS = snippets(PRELUDE, TABLE)

# Here the mark guards something, but not this handler: it is unmarked.
ELSEWHERE = {"add_decorator of another router", "the second operation of a method on one path"}

if __name__ == "__main__":
    configure(NINJA_SKIP_REGISTRY=True)
    print(json.dumps(outcomes(SNIPPETS, is_effective)))
