"""BlackSheep's truth: the router once the application has started, because controllers are set up then."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.lint.oracles import Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    app: Any = load(case).app
    asyncio.run(app.start())
    truths = Truths(case)
    for method, route in app.router.iter_with_methods():
        truths.add(_beneath(route.handler), {method}, "/" + route.pattern.decode().lstrip("/"))
    return truths.result()


def _beneath(handler: Any) -> Any:
    while hasattr(handler, "root_fn"):
        handler = handler.root_fn
    return handler
