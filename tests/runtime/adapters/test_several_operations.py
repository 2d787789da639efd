"""One mark for several operations: what start-up refuses, the linter says, in the same words; what it takes, the linter takes."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from idem_runtime import Idempotency
from tests.runtime.adapters import django_project
from tests.runtime.adapters.test_positions_at_start import OPTIONS, started

HEADS = {
    "fastapi": "from fastapi import APIRouter, FastAPI\napp = FastAPI()\nrouter = APIRouter()\n",
    "flask": "from flask import Blueprint, Flask\nfrom flask.views import MethodView\napp = Flask('bank')\n",
    "quart": "from quart import Quart\napp = Quart('bank')\n",
    "aiohttp": "from aiohttp import web\napp = web.Application()\n",
    "litestar": "from litestar import Litestar, post, route\n",
    "sanic": "from sanic import Sanic\napp = Sanic('bank')\n",
    "powertools": "from aws_lambda_powertools.event_handler import APIGatewayRestResolver\napp = APIGatewayRestResolver()\n",
    "django": "from django.urls import path\nfrom django.views import View\nfrom django.views.decorators.http import require_POST\n",
}
REFUSED = {
    "fastapi: two routes": """
@app.post("/pay")
@app.post("/pay-again")
@money_moving
def pay(): ...
""",
    "fastapi: two methods": """
@app.api_route("/pay", methods=["POST", "PUT"])
@money_moving
def pay(): ...
""",
    "fastapi: a loop over paths": """
@money_moving
def pay(): ...

for path in ("/pay", "/pay-again"):
    app.add_api_route(path, pay, methods=["POST"])
""",
    "fastapi: a router that is included twice": """
@router.post("/pay")
@money_moving
def pay(): ...

app.include_router(router, prefix="/v1")
app.include_router(router, prefix="/v2")
""",
    "fastapi: a router that a loop includes twice": """
@router.post("/pay")
@money_moving
def pay(): ...

for version in ("/v1", "/v2"):
    app.include_router(router, prefix=version)
""",
    "fastapi: two routers of one application": """
other = APIRouter(prefix="/other")

@router.post("/pay")
@other.post("/pay")
@money_moving
def pay(): ...

app.include_router(router)
app.include_router(other)
""",
    "fastapi: a factory": """
def make():
    made = FastAPI()

    @made.post("/pay")
    @made.post("/pay-again")
    @money_moving
    def pay(): ...

    return made

app = make()
""",
    "fastapi: a mark of the company's own, which names nothing": """
def company(function):
    return money_moving(effect="external")(function)

@app.post("/pay")
@app.post("/pay-again")
@company
def pay(): ...
""",
    "flask: two routes": """
@app.post("/pay")
@app.post("/pay-again")
@money_moving
def pay(): ...
""",
    "flask: two methods": """
@app.route("/pay", methods=["POST", "PUT"])
@money_moving
def pay(): ...
""",
    "flask: a class at two routes": """
class Pay(MethodView):
    @money_moving
    def post(self): ...

app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
app.add_url_rule("/pay-again", view_func=Pay.as_view("again"))
""",
    "quart: two routes": """
@app.post("/pay")
@app.post("/pay-again")
@money_moving
async def pay(): ...
""",
    "aiohttp: two routes": """
@money_moving
async def pay(request): ...

app.router.add_post("/pay", pay)
app.router.add_post("/pay-again", pay)
""",
    "aiohttp: two routes of a table": """
@money_moving
async def pay(request): ...

app.add_routes([web.post("/pay", pay), web.put("/pay", pay)])
""",
    "litestar: two paths": """
@post(["/pay", "/pay-again"])
@money_moving
async def pay() -> None: ...

app = Litestar([pay])
""",
    "sanic: two methods": """
@app.route("/pay", methods=["POST", "PUT"])
@money_moving
async def pay(request): ...
""",
    "powertools: two routes": """
@app.post("/pay")
@app.post("/pay-again")
@money_moving
def pay(): ...
""",
    "powertools: two methods": """
@app.route("/pay", method=["POST", "PUT"])
@money_moving
def pay(): ...
""",
    "django: two routes": """
@require_POST
@money_moving
def pay(request): ...

urlpatterns = [path("pay", pay), path("pay-again", pay)]
""",
    "django: a class at two routes": """
class Pay(View):
    @money_moving
    def post(self, request): ...

urlpatterns = [path("pay", Pay.as_view()), path("pay-again", Pay.as_view())]
""",
    "django: two methods": """
from django.views.decorators.http import require_http_methods

@require_http_methods(["POST", "PUT"])
@money_moving
def pay(request): ...

urlpatterns = [path("pay", pay)]
""",
    "django: two methods of a view of REST framework": """
from rest_framework.decorators import api_view

@api_view(["POST", "PUT"])
@money_moving
def pay(request): ...

urlpatterns = [path("pay", pay)]
""",
}
TAKEN = {
    "fastapi: it is named": """
@app.post("/pay")
@app.post("/pay-again")
@money_moving(operation="pay")
def pay(): ...
""",
    "fastapi: a mark of the company's own, which names it": """
def company(function):
    return money_moving(operation="pay")(function)

@app.post("/pay")
@app.post("/pay-again")
@company
def pay(): ...
""",
    "fastapi: a function for each route": """
for path in ("/pay", "/pay-again"):
    @app.post(path)
    @money_moving
    def pay(): ...
""",
    "fastapi: a closure for each route": """
def register(path):
    @app.post(path)
    @money_moving
    def pay(): ...

register("/pay")
register("/pay-again")
""",
    "fastapi: a mark for each route": """
def pay(): ...

app.post("/pay")(money_moving(pay))
app.post("/pay-again")(money_moving(pay))
""",
    "fastapi: one of two": """
import os

@money_moving
def pay(): ...

if os.environ.get("LEGACY"):
    app.post("/pay-again")(pay)
else:
    app.post("/pay")(pay)
""",
    "fastapi: included in one of two ways": """
import os

@router.post("/pay")
@money_moving
def pay(): ...

if os.environ.get("BEHIND_A_PROXY"):
    app.include_router(router, prefix="/bank")
else:
    app.include_router(router)
""",
    "fastapi: two applications": """
@router.post("/pay")
@money_moving
def pay(): ...

app.include_router(router, prefix="/v1")
trial = FastAPI()
trial.include_router(router)
""",
    "fastapi: an application for each call": """
def make(prefix):
    made = FastAPI()
    made.include_router(router, prefix=prefix)
    return made

@router.post("/pay")
@money_moving
def pay(): ...

app, trial = make("/v1"), make("/v2")
""",
    "fastapi: one route that is registered twice": """
@router.post("/pay")
@router.post("/pay")
@money_moving
def pay(): ...

app.include_router(router)
""",
    "fastapi: unmarked": """
@app.post("/pay")
@app.post("/pay-again")
@not_money_moving(reason="a trial")
def pay(): ...
""",
    "flask: the methods of a class": """
@money_moving
class Pay(MethodView):
    def post(self): ...
    def put(self): ...

app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    "django: a class with two methods": """
class Pay(View):
    @money_moving
    def post(self, request): ...

    @money_moving
    def put(self, request): ...

urlpatterns = [path("pay", Pay.as_view())]
""",
}
CASES = [
    pytest.param(name.partition(":")[0], source, id=name)
    for table in (REFUSED, TAKEN)
    for name, source in table.items()
]


def refusal(framework: str, source: str, monkeypatch: pytest.MonkeyPatch, dsn: str) -> str | None:
    """What start-up says of the program, if it refuses it."""
    module = types.ModuleType("app")
    module.__file__ = "app.py"
    monkeypatch.setitem(sys.modules, "app", module)
    if framework == "django":
        django_project.set_up(dsn)
    try:
        exec(compile(source, "app.py", "exec"), vars(module))
        if framework == "django":
            _start_django(module)
        elif framework == "powertools":
            idem = Idempotency("postgresql://127.0.0.1:1/none", principal=lambda event: "alice")
            idem.install(vars(module)["app"], **OPTIONS)
            assert isinstance(vars(module)["app"], APIGatewayRestResolver)
        else:
            started(framework, vars(module)["app"])
    except Exception as error:
        return _words(error)
    return None


def _words(error: BaseException) -> str:
    """What an error says, or the one that a framework has put into a group; no other error than ours says that."""
    words = _words(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else str(error)
    assert "one marked function answers" in words
    return words


def _start_django(module: Any) -> None:
    from django.urls import URLResolver
    from django.urls.resolvers import RegexPattern

    from idem_runtime.adapters.django import routes
    from idem_runtime.startup.scope_checks import OneOperation

    handlers = [
        handler
        for endpoint in routes.endpoints(URLResolver(RegexPattern(r"^/"), module))
        for handler in endpoint.handlers()
    ]
    OneOperation().check(handlers)


def said(source: str, folder: Path) -> list[str]:
    """What the linter says of the program, without the name and the remedy."""
    (folder / "app.py").write_text(source)
    findings = check([folder], Config(root=folder, all_domains=True), is_cached=False).findings
    return [f"{found.message}, {found.advice}" for found in findings if found.code == "IDM003"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("framework", "body"), CASES)
def test_linter_and_start_up_agree_on_what_one_mark_answers_for(
    framework: str, body: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, dsn: str
) -> None:
    source = f"{HEADS[framework]}from idem_runtime import money_moving, not_money_moving\n{body}"
    refused = refusal(framework, source, monkeypatch, dsn)
    is_refused = body in REFUSED.values()
    assert (refused is not None) == is_refused, refused
    findings = said(source, tmp_path)
    assert len(findings) == is_refused, findings
    if refused is not None:
        both = r"one marked function answers (.*?)( \(.*\))?, so that a retry by another of them would execute again"
        theirs, ours = re.search(both, refused), re.search(both, findings[0])
        assert theirs is not None
        assert ours is not None
        remedy = (
            "name what it does with @money_moving(operation='…'), or give each route a function of its own"
        )
        assert refused.endswith(remedy)
        assert findings[0].endswith(remedy)
