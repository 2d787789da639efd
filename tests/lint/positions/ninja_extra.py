"""Where a mark takes effect in ninja-extra: every path of the snippet's ``PATHS`` is posted to."""

from __future__ import annotations

import json

from tests.lint.positions._table import outcomes, snippets
from tests.lint.positions.django import configure, is_effective

PRELUDE = """\
from django.urls import path
from django.utils.decorators import method_decorator
from ninja.decorators import decorate_view
from ninja_extra import ControllerBase, NinjaExtraAPI, api_controller, http_post, route

from recorder import money_moving

PATHS = ["/pay/out"]
api = NinjaExtraAPI(urls_namespace=__name__)


def urls(*controllers):
    api.register_controllers(*controllers)
    return [path("", api.urls)]

"""

TABLE = """
### + below
@api_controller("/pay")
class Pay(ControllerBase):
    @http_post("/out")
    @money_moving
    def out(self):
        return {}

urlpatterns = urls(Pay)

### - above
@api_controller("/pay")
class Pay(ControllerBase):
    @money_moving
    @http_post("/out")
    def out(self):
        return {}

urlpatterns = urls(Pay)

### ! decorate_view, below
@api_controller("/pay")
class Pay(ControllerBase):
    @http_post("/out")
    @decorate_view(money_moving)
    def out(self):
        return {}

urlpatterns = urls(Pay)

### + route.post, below
@api_controller("/pay")
class Pay(ControllerBase):
    @route.post("/out")
    @money_moving
    async def out(self):
        return {}

urlpatterns = urls(Pay)

### + route.generic, below
@api_controller("/pay")
class Pay(ControllerBase):
    @route.generic("/out", methods=["post"])
    @money_moving
    def out(self):
        return {}

urlpatterns = urls(Pay)

### - method changed after the class was read
@api_controller("/pay")
class Pay(ControllerBase):
    @http_post("/out")
    def out(self):
        return {}

Pay.out = money_moving(Pay.out)
urlpatterns = urls(Pay)

### - method_decorator on the controller
@method_decorator(money_moving, name="out")
@api_controller("/pay")
class Pay(ControllerBase):
    @http_post("/out")
    def out(self):
        return {}

urlpatterns = urls(Pay)

### + inherited from a marked base
class Base(ControllerBase):
    @http_post("/out")
    @money_moving
    def out(self):
        return {}

@api_controller("/pay")
class Pay(Base):
    pass

urlpatterns = urls(Pay)

### - marked base, overridden
class Base(ControllerBase):
    @http_post("/out")
    @money_moving
    def out(self):
        return {}

@api_controller("/pay")
class Pay(Base):
    @http_post("/out")
    def out(self):
        return {}

urlpatterns = urls(Pay)

### + function on the API, below
@api.post("/pay/out")
@money_moving
def out(request):
    return {}

urlpatterns = urls()

### - function on the API, above
@money_moving
@api.post("/pay/out")
def out(request):
    return {}

urlpatterns = urls()
"""

SNIPPETS = snippets(PRELUDE, TABLE)

# Here the mark guards something, but not this handler: it is unmarked.
ELSEWHERE = {"marked base, overridden"}

if __name__ == "__main__":
    configure("ninja_extra", NINJA_SKIP_REGISTRY=True)
    print(json.dumps(outcomes(SNIPPETS, is_effective)))
