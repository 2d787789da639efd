from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI


class Routes:
    """Chains: the path comes first, the handler second, and the object comes back."""

    def __init__(self, application: FastAPI) -> None:
        self._application = application

    def get(self, path: str, handler: Callable) -> Routes: return self._add(path, handler, "GET")

    def post(self, path: str, handler: Callable) -> Routes: return self._add(path, handler, "POST")

    def _add(self, path: str, handler: Callable, verb: str) -> Routes:
        self._application.add_api_route(path, handler, methods=[verb])
        return self
