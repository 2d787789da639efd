from __future__ import annotations

from django.http import HttpRequest


def wallet(request: HttpRequest) -> dict[str, object]:
    """A context processor."""
    return {"posted": request.method == "POST"}
