"""What the case files of ninja-extra do not show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### the mark of what a controller inherits
from idem_runtime import money_moving, not_money_moving
from ninja_extra import ControllerBase, api_controller, http_get, http_post, route

class Base(ControllerBase):
    LIMIT = 3

    @http_post("/reverse")
    def reverse(self):
        return {}

    @http_get("/state")
    def state(self):
        return {}

    @money_moving
    @http_post("/outside")
    def outside(self):
        return {}

@api_controller("/a")
class Unmarked(Base):  # found
    @http_post("/outside")
    def outside(self):  # found
        return {}

@api_controller("/b")
@not_money_moving(reason="reverses nothing")
class Marked(Base):  # found: not_money_moving
    def outside(self):
        return {}

@api_controller("/c")
class Nothing(Base):
    @route.put("/reverse")
    def reverse(self):
        return {}

    @route.delete("/outside")
    def outside(self):
        return {}

### decorators above the controller came too late, those below did not
from django.utils.decorators import method_decorator
from idem_runtime import money_moving
from ninja_extra import api_controller, http_post
from unknown import registered

@money_moving
@api_controller("/pay")
class Pay:
    @http_post("/out")
    def out(self):  # idle
        return {}

@method_decorator(money_moving, name="out")
@api_controller("/sweep")
class Sweep:
    @http_post("/out")
    @logged
    def out(self):  # idle
        return {}

    @http_post("/back")
    def back(self):  # found
        return {}

@registered
@api_controller
class Move:
    @http_post()
    def out(self):  # found
        return {}

### a base that nobody makes a controller of
from ninja_extra import http_post

class Mixin:
    @http_post("/out")
    def out(self):  # found
        return {}

### model controllers
from idem_runtime import money_moving
from ninja_extra import ModelConfig, ModelControllerBase, ModelEndpointFactory, api_controller
from wallet.config import CONFIG, allowed

@api_controller("/a")
class Open(ModelControllerBase):  # found
    model_config = ModelConfig(model=Payment, allowed_routes=[*allowed(), "list"])

@api_controller("/b")
class Listed(ModelControllerBase):  # found
    model_config = ModelConfig(model=Payment, allowed_routes=["create"])

@api_controller("/c")
class Elsewhere(ModelControllerBase):
    model_config = CONFIG

@money_moving
@api_controller("/d")
class Marked(ModelControllerBase):  # found: money_moving
    create_payment = ModelEndpointFactory.create(path="/")

@api_controller("/e")
class Plain(ModelControllerBase):
    model_config = None

class Abstract(ModelControllerBase):
    model_config = ModelConfig(model=Payment)

### a function of the API in a function, and a lambda in a class
from ninja_extra import NinjaExtraAPI, http_post

def build():
    api = NinjaExtraAPI()

    @api.post("/pay")
    def pay(request):  # found
        return {}

    return api

class Odd:
    pay = http_post("/pay")(lambda self: {})  # found
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_the_linter_finds_what_the_comments_say(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
