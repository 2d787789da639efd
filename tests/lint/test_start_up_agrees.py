"""IDM106 names the handlers that start-up refuses: the same ones, on the same program."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from idem_runtime import ConfigurationError, Idempotency
from tests.lint.test_rule_cases import CASES
from tests.runtime.adapters.starting import start

CASE = CASES / "idm106"


def named_by_the_linter(file: str) -> set[str]:
    findings = check([CASE], Config(root=CASE), is_cached=False).findings
    return {found.qualname for found in findings if Path(found.file).name == file and found.code == "IDM106"}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of the case as a program of its own."""

    def load(name: str) -> ModuleType:
        monkeypatch.syspath_prepend(str(CASE))
        for module in ("app", "app.db", "app.services", name):
            monkeypatch.delitem(sys.modules, module, raising=False)
        return __import__(name)

    return load


def refused(error: pytest.ExceptionInfo[ConfigurationError], module: str) -> set[str]:
    return set(re.findall(rf"\b{module}\.([\w.<>]+), /", str(error.value)))


def test_fastapi_refuses_what_the_linter_names(load: Any) -> None:
    module = load("routes")
    application = FastAPI()
    module.idem.install(application)
    application.include_router(module.router)
    with pytest.raises(ConfigurationError, match="does not show") as stopped:
        start(application)
    assert refused(stopped, "routes") == named_by_the_linter("routes.py")


def test_flask_refuses_what_the_linter_names(load: Any) -> None:
    module = load("views")
    application = Flask("own")
    application.register_blueprint(module.blueprint)
    idem: Idempotency = module.idem
    with pytest.raises(ConfigurationError, match="does not show") as stopped:
        idem.init_app(application)
    assert refused(stopped, "views") == named_by_the_linter("views.py")
