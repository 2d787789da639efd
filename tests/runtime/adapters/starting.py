"""Applications that start, or do not."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from psycopg_pool import ConnectionPool

from idem_runtime import Idempotency

with warnings.catch_warnings():  # the test client warns of its own HTTP library
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

INSERT = "INSERT INTO ledger (amount) VALUES (1)"
idem = Idempotency("postgresql://nowhere.invalid/", principal=lambda request: "alice")
pool = ConnectionPool("postgresql://nowhere.invalid/", open=False)
Register = Callable[[Any], None]


def start(app: Any) -> None:
    with TestClient(app):
        pass


def fastapi(function: Any, **more: Any) -> Any:
    app, router = FastAPI(), APIRouter(prefix="/api")
    idem.install(app, **more)
    router.add_api_route("/t", function, methods=["POST"])
    app.include_router(router)
    return app
