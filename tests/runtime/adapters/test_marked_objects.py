"""A mark on the ``__call__`` of a class whose object is registered: start-up does not see it, and the linter says so."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from idem_runtime import ConfigurationError
from tests.runtime.adapters.test_positions_at_start import started

HEADS = {
    "fastapi": (
        "from fastapi import FastAPI\napp = FastAPI()\n",
        'app.add_api_route("/pay", {pay}, methods=["POST"])\n',
    ),
    "starlette": (
        "from starlette.applications import Starlette\nfrom starlette.routing import Route\n",
        'app = Starlette(routes=[Route("/pay", {pay}, methods=["POST"])])\n',
    ),
    "flask": (
        "from flask import Flask\napp = Flask('bank')\n",
        'app.add_url_rule("/pay", "pay", {pay}, methods=["POST"])\n',
    ),
}
PAY = """
from idem_runtime import money_moving


class Pay:
    @money_moving
    def __call__(self, request): ...


"""


def program(framework: str, pay: str) -> str:
    before, registered = HEADS[framework]
    return before + PAY + registered.format(pay=pay)


def is_taken(framework: str, source: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    module = types.ModuleType("app")
    module.__file__ = "app.py"
    monkeypatch.setitem(sys.modules, "app", module)
    exec(compile(source, "app.py", "exec"), vars(module))
    try:
        started(framework, vars(module)["app"])
    except ConfigurationError as error:
        assert "not marked" in str(error)
        return False
    return True


def said(source: str, folder: Path) -> list[str]:
    (folder / "app.py").write_text(source)
    return [found.message for found in check([folder], Config(root=folder, all_domains=True)).findings]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("framework", ["fastapi", "flask"])
def test_a_mark_on_the_call_of_an_object_is_not_seen(
    framework: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = program(framework, "Pay()")
    assert not is_taken(framework, source, monkeypatch)
    (message,) = said(source, tmp_path)
    assert "is refused by the runtime, because what is registered is an object" in message


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("framework", HEADS)
def test_the_method_of_an_object_shows_its_mark(
    framework: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = program(framework, "Pay().__call__")
    assert is_taken(framework, source, monkeypatch)
    assert said(source, tmp_path) == []
