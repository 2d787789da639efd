"""Flask, a sync view; called by WSGI without a network."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask, request

from benchmarks.runtime.adapters import wsgi
from benchmarks.runtime.adapters.asked import TRANSFER, UNMARKED, bare_ways, our_ways
from benchmarks.runtime.bank import transfer
from benchmarks.runtime.functions import pool_of
from benchmarks.runtime.worker import Way
from idem_runtime import Idempotency, money_moving


def application() -> Flask:
    """With a view that moves no money."""
    app = Flask("bank")

    @app.post(UNMARKED)
    def unmarked() -> dict[str, str]:
        return {"answer": "nothing"}

    return app


@contextmanager
def plain(dsn: str) -> Generator[Mapping[str, Way]]:
    """The application without us; the handler commits before it answers."""
    app = application()
    with pool_of(dsn) as pool:

        @app.post(TRANSFER)
        def transferred() -> dict[str, str]:
            request.get_json()
            with pool.connection() as db:
                return {"receipt": transfer(db)}

        yield bare_ways(lambda path, key: wsgi.way(app, path, key))


@contextmanager
def ours(dsn: str) -> Generator[Mapping[str, Way]]:
    """The same with the mark."""
    app = application()
    with pool_of(dsn) as pool:
        idem = Idempotency(pool=pool, principal=lambda asked: asked.headers["x-tenant"])
        idem.install(app)

        @app.post(TRANSFER)
        @money_moving
        def transferred(db: Any = idem.lent) -> dict[str, str]:
            request.get_json()
            return {"receipt": transfer(db)}

        yield our_ways(lambda path, key: wsgi.way(app, path, key))
        idem.close()
