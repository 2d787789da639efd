"""The advice for a real handler: a mark where the runtime serves its framework, a marked function where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.judging.project_verdicts import Project
from idem_lint.result_types import Handler
from idem_lint.settings.config import Config

DJANGO = """\
from django.urls import path
from django.views.decorators.http import require_POST
@require_POST
def transfer(request): ...
urlpatterns = [path("transfers", transfer)]
"""
SOURCES = {
    "django": (DJANGO, True),
    "a package's view": (
        "from django.urls import path\nfrom other import view\nx = [path('a', view)]\n",
        True,
    ),
    "bottle": ("from bottle import post\n@post('/a')\ndef pay(): ...\n", False),
    "fastapi": ("from fastapi import FastAPI\napp = FastAPI()\n@app.post('/a')\ndef pay(): ...\n", True),
    "unknown": ("def view(app):\n    @app.post('/a')\n    def pay(): ...\n", True),
}


def handlers(source: str, folder: Path) -> tuple[Handler, ...]:
    path = folder / "wallet.py"
    config = Config(root=folder, all_domains=True)
    (report,) = Project(config, overlay={path: source.encode()}).reports([path])
    return report.handlers


@pytest.mark.parametrize("name", SOURCES)
def test_a_handler_knows_whether_the_runtime_serves_its_framework(name: str, tmp_path: Path) -> None:
    source, is_served = SOURCES[name]
    (handler,) = handlers(source, tmp_path)
    assert handler.has_adapter is is_served


def test_a_handler_knows_what_registers_it(tmp_path: Path) -> None:
    (handler,) = handlers(DJANGO, tmp_path)
    assert [place.line for place in handler.registered] == [5]
    (decorated,) = handlers(SOURCES["fastapi"][0], tmp_path)
    assert decorated.registered == ()


def test_an_inherited_handler_names_its_method(tmp_path: Path) -> None:
    source = "from rest_framework.viewsets import ModelViewSet\nclass Pay(ModelViewSet): ...\n"
    (handler,) = handlers(source, tmp_path)
    assert (handler.inherited, handler.evidence) == (("create",), "inherited")
