"""What stands before a route: by the calls that include its router, and by the module that the project's URLs start in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.projects import inventory_of

APP = "from fastapi import APIRouter, FastAPI\n\napp = FastAPI()\n"
HANDLER = "def transfer(amount: int):\n    return amount\n\n\n"


def _routes(folder: Path, files: dict[str, str]) -> tuple[str, ...]:
    (handler,) = inventory_of(folder, files).handlers
    return handler.routes


def test_a_function_that_calls_itself_is_read_once(tmp_path: Path) -> None:
    source = (
        f"{APP}\n\ndef install(router, again):\n    @router.post('/a')\n    def transfer(amount: int):\n"
        "        return amount\n\n    if again:\n        install(router, False)\n\n\n"
        "router = APIRouter()\ninstall(router, True)\napp.include_router(router, prefix='/x')\n"
    )
    assert _routes(tmp_path, {"app.py": source}) == ("/x/a",)


def test_a_default_of_settings_is_not_what_the_environment_says(tmp_path: Path) -> None:
    source = (
        "from pydantic import BaseModel, Field\nfrom pydantic_settings import BaseSettings\n\n\n"
        "class Settings(BaseSettings):\n    base: str = Field(default='/x')\n\n\n"
        "class Paths(BaseModel):\n    base: str = Field(default='/y')\n\n\n"
        f"{APP}router = APIRouter()\n\n\n@router.post('/a')\n{HANDLER}"
    )
    includes = "app.include_router(router, prefix={}().base)\n"
    assert _routes(tmp_path, {"app.py": source + includes.format("Settings")}) == ("…/a",)
    assert _routes(tmp_path, {"app.py": source + includes.format("Paths")}) == ("/y/a",)


def test_what_a_lambda_is_given_is_not_known(tmp_path: Path) -> None:
    source = (
        f"{APP}{HANDLER}put = lambda router: router.post('/a')(transfer)\nrouter = APIRouter(prefix='/y')\n"
        "put(router)\napp.include_router(router, prefix='/x')\n"
    )
    assert _routes(tmp_path, {"app.py": source}) == ("…/a",)


def test_a_method_of_the_project_includes_nothing_by_its_name_alone(tmp_path: Path) -> None:
    source = (
        f"{APP}\n\nclass Shelf:\n    def include_router(self, router, prefix):\n        self.kept = router\n\n\n"
        f"router = APIRouter()\n\n\n@router.post('/a')\n{HANDLER}app.include_router(router, prefix='/y')\n"
        "Shelf().include_router(router, prefix='/x')\n"
    )
    assert _routes(tmp_path, {"app.py": source}) == ("/y/a",)


@pytest.mark.parametrize(
    ("mounts", "routes"),
    [
        ("application = DispatcherMiddleware(Flask('x'), {'/savings': inner})", ("/savings/a",)),
        ("inner.wsgi_app = DispatcherMiddleware(inner.wsgi_app, {'/old': Flask('x')})", ("/a",)),
        (
            "application = DispatcherMiddleware(app=None, mounts={'/x': inner.wsgi_app, '/y': inner})",
            ("/x/a", "/y/a"),
        ),
        ("application = DispatcherMiddleware(None, load())", ("/a",)),
    ],
)
def test_an_application_is_below_the_prefix_that_a_dispatcher_gives_it(
    mounts: str, routes: tuple[str, ...], tmp_path: Path
) -> None:
    files = {
        "inner.py": f"from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.post('/a')\n{HANDLER}",
        "wsgi.py": "from flask import Flask\nfrom inner import app as inner\n"
        f"from werkzeug.middleware.dispatcher import DispatcherMiddleware\n\n{mounts}\n",
    }
    assert _routes(tmp_path, files) == routes


@pytest.mark.parametrize(
    ("setting", "routes"),
    [
        ("ROOT_URLCONF = 'shop.urls'\n", ("…/old/", "/pay/")),
        ("ROOT_URLCONF = 'other.urls'\n", ("/old/", "…/pay/")),
        ("import os\n\nROOT_URLCONF = os.environ['URLS']\n", ("…/old/", "…/pay/")),
        ("DEBUG = True\n", ("…/old/", "…/pay/")),
    ],
    ids=["one", "the other", "computed", "none"],
)
def test_the_urls_of_a_project_start_in_the_module_that_its_settings_name(
    setting: str, routes: tuple[str, ...], tmp_path: Path
) -> None:
    files = {
        "shop/settings.py": setting,
        "shop/urls.py": "from django.urls import path\nfrom wallet.views import transfer\n\n"
        "urlpatterns = [path('pay/', transfer)]\n",
        "other/urls.py": "from django.urls import path\nfrom wallet.views import transfer\n\n"
        "urlpatterns = [path('old/', transfer)]\n",
        "wallet/views.py": "from django.views.decorators.http import require_POST\n\n\n"
        "@require_POST\ndef transfer(request):\n    return None\n",
    }
    assert _routes(tmp_path, files) == routes
