from __future__ import annotations

from rest_framework import routers


class OptionalSlashRouter(routers.DefaultRouter):
    """The project's router: with and without the trailing slash."""

    include_root_view = False

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


class Registry:
    """Only delegates: what it is given ends in a router of the framework."""

    def __init__(self) -> None:
        self._router = routers.SimpleRouter()

    def add(self, prefix: str, viewset: type) -> None:
        self._router.register(prefix, viewset, basename=prefix)

    @property
    def urls(self) -> list[object]:
        return self._router.urls
