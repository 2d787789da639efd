"""The advice for a real handler: a mark where the runtime serves its framework, a marked function where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.judging.project_verdicts import Project
from idem_lint.result_types import Handler
from idem_lint.rules.shared_phrases import decide
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


POWERTOOLS = """\
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
{imports}
app = APIGatewayRestResolver()
@app.post("/transfers")
@{decorator}
{function} transfer(body): ...
"""


@pytest.mark.parametrize(
    ("imports", "decorator", "function", "is_told"),
    [
        (
            "from aws_lambda_powertools.utilities.idempotency import idempotent_function",
            'idempotent_function(data_keyword_argument="body", persistence_store=layer)',
            "def",
            True,
        ),
        (
            "from aws_lambda_powertools.utilities import idempotency",
            'idempotency.idempotent_function(data_keyword_argument="body", persistence_store=layer)',
            "async def",
            True,
        ),
        (
            "from aws_lambda_powertools.utilities.idempotency.idempotency import idempotent",
            "idempotent(persistence_store=layer)",
            "def",
            True,
        ),
        ("from other_package import idempotent", "idempotent(persistence_store=layer)", "def", False),
        (
            "from aws_lambda_powertools.utilities.parser import event_parser",
            "event_parser(model=Transfer)",
            "def",
            False,
        ),
        ("from idem_runtime import money_moving", "money_moving", "def", False),
    ],
)
def test_idempotency_of_powertools_is_named_as_what_is_no_mark(
    imports: str, decorator: str, function: str, is_told: bool, tmp_path: Path
) -> None:
    source = POWERTOOLS.format(imports=imports, decorator=decorator, function=function)
    (handler,) = handlers(source, tmp_path)
    assert ("is no mark: what a crash leaves, a retry executes again" in decide(handler)) is is_told
    assert bool(handler.weaker_decorators) is is_told
