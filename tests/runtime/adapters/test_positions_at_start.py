"""Where the linter says that a mark takes effect, start-up finds it; where it says that it does not, start-up refuses it.

The snippets are those of the linter's positions (``tests/lint/positions``), which real requests have judged; Django's are
in ``test_django_positions.py``.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import types
import warnings
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from flask import Flask
from litestar.testing import TestClient as LitestarClient

from idem_runtime import ConfigurationError, Idempotency
from tests.runtime.adapters.starting import start

with warnings.catch_warnings():  # it still imports what websockets has deprecated
    warnings.simplefilter("ignore", DeprecationWarning)
    from sanic_testing.testing import SanicASGITestClient

FRAMEWORKS = ("fastapi", "starlette", "flask", "flask_restful", "quart", "aiohttp", "litestar", "sanic")
LATER = {"flask: view: on a post that dispatch_request never calls"}
"""What start-up takes for marked; the linter sees that no request meets the mark."""
NOT_ROUTED = {"litestar: controller, above"}
"""What answers no POST at all."""
OPTIONS: dict[str, Any] = {"require_marks": True, "without_connection": "warn"}
SNIPPETS = [
    pytest.param(name, snippet, id=f"{name}: {snippet.name}")
    for name in FRAMEWORKS
    for snippet in importlib.import_module(f"tests.lint.positions.{name}").SNIPPETS
]


def started(name: str, app: Any) -> None:
    """Start the application with the adapter in force. Raises ConfigurationError where it is refused."""
    idem = Idempotency("postgresql://127.0.0.1:1/none", principal=lambda request: "alice")
    if isinstance(app, Flask):
        idem.init_app(app, **OPTIONS)
        app.testing = True
        app.test_client().get("/nothing")
        return
    idem.install(app, **OPTIONS)
    if name in ("fastapi", "starlette"):
        start(app)
    elif name == "litestar":
        with LitestarClient(app):
            pass
    else:
        asyncio.run(_served(name, app))


async def _served(name: str, app: Any) -> None:
    if name == "aiohttp":
        async with TestServer(app):
            pass
    elif name == "sanic":
        await SanicASGITestClient(app).get("/nothing")
    else:
        async with app.test_app():
            pass


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "snippet"), SNIPPETS)
def test_linter_and_start_up_agree(name: str, snippet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    case = f"{name}: {snippet.name}"
    if case in NOT_ROUTED:
        return
    module = types.ModuleType("app")
    module.__file__ = "app.py"
    monkeypatch.setitem(sys.modules, "app", module)
    source = snippet.source.replace("from recorder import", "from idem_runtime import")
    # one name for all that it serves: start-up asks for it
    source = source.replace("@money_moving\n", '@money_moving(operation="pay")\n')
    try:
        exec(compile(source, "app.py", "exec"), vars(module))
        started(name, vars(module)["app"])
        is_taken = True
    except Exception as error:
        if not isinstance(error, ConfigurationError) and snippet.effective:
            raise
        is_taken = False
    assert is_taken == ((snippet.effective and not snippet.refused) or case in LATER)
