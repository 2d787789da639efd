from __future__ import annotations

from typing import Any

from rest_framework import views
from rest_framework.request import Request
from rest_framework.response import Response


class ApiView(views.APIView):
    """The project's APIView: tenants, error shape."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.tenant = request.headers.get("X-Tenant")


class CommandView(ApiView):
    def post(self, request: Request, **kwargs: Any) -> Response:
        return Response(self.handle(request, **kwargs))

    def handle(self, request: Request, **kwargs: Any) -> dict[str, Any]:
        raise LookupError


class EnvelopeMixin:
    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response.data = {"data": response.data}
        return super().finalize_response(request, response, *args, **kwargs)
