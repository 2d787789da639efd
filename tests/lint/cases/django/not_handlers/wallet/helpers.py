from __future__ import annotations

from typing import TypeVar

from django.http import HttpRequest, HttpResponse, QueryDict

Response = TypeVar("Response", bound=HttpResponse)


def actor_of(request: HttpRequest) -> str:
    return request.headers.get("X-Actor", "")


def parsed_amount(request: HttpRequest) -> int:
    """Reads ``request.POST`` for the views: takes a request, returns no response."""
    if request.method == "POST":
        return int(request.POST["amount"])
    return 0


def posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def with_flash(request: HttpRequest, response: Response) -> Response:
    if request.method == "POST":
        response["X-Flash"] = "saved"
    return response


def is_write(request: HttpRequest) -> bool:
    return request.method in {"POST", "PUT", "PATCH", "DELETE"}
