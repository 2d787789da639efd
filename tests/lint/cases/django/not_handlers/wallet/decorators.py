from __future__ import annotations

import functools
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def post_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @functools.wraps(view)
    def inner(request: HttpRequest, *args: object) -> HttpResponse:
        if request.method != "POST":
            return HttpResponse(status=405)
        return view(request, *args)

    return inner
