from __future__ import annotations

from rest_framework.routers import DynamicRoute, Route, SimpleRouter


class CommandRouter(SimpleRouter):
    """Maps POST to ``submit`` and PUT to ``replay``, in place of the framework's names."""

    routes = [
        Route(
            url=r"^{prefix}$",
            mapping={"get": "list", "post": "submit", "put": "replay"},
            name="{basename}-list",
            detail=False,
            initkwargs={},
        ),
        DynamicRoute(
            url=r"^{prefix}/{url_path}$",
            name="{basename}-{url_name}",
            detail=False,
            initkwargs={},
        ),
    ]
