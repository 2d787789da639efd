from collections.abc import Callable
from typing import Any

from fastapi import routing


class APIRouter(routing.APIRouter):
    """FastAPI's router under its own name; adds a trailing-slash twin to every route."""

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().add_api_route(path.rstrip("/") or "/", endpoint, **options)
        options["include_in_schema"] = False
        super().add_api_route(path.rstrip("/") + "/", endpoint, **options)


class CommandRouter:
    """Has no base class: only delegates, and its verb is not HTTP's."""

    def __init__(self, prefix: str) -> None:
        self.inner = routing.APIRouter(prefix=prefix)

    def command(self, path: str, **options: Any):
        return self.inner.post(path, status_code=202, **options)

    def query(self, path: str, **options: Any):
        return self.inner.get(path, **options)

    def post(self, path: str, **options: Any):
        def register(fn):
            self.inner.add_api_route(path, fn, methods=["POST"], **options)
            return fn

        return register

    def upsert(self, path: str):
        def register(fn):
            self.inner.api_route(path, methods=["PUT", "POST"])(fn)
            return fn

        return register


class Proxy:
    def __init__(self, target: routing.APIRouter) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


class VersionedRouter(routing.APIRouter):
    """Collects first, registers when it is built."""

    def __init__(self) -> None:
        super().__init__()
        self._collected: list[tuple[str, str, Callable[..., Any]]] = []

    def post(self, path: str, *, version: int = 1, **_: Any):
        def keep(fn):
            self._collected.append(("POST", f"/v{version}{path}", fn))
            return fn

        return keep

    def build(self) -> routing.APIRouter:
        built = routing.APIRouter()
        for method, path, fn in self._collected:
            built.add_api_route(path, fn, methods=[method])
        return built
