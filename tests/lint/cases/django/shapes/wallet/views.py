from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from django.views.decorators.http import require_POST as only_post

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from idem_runtime import not_money_moving
else:
    from django.http import JsonResponse as HttpResponse

if sys.platform == "win32":

    @only_post
    def send(request: HttpRequest) -> HttpResponse:
        return HttpResponse({"platform": "win32"})

else:

    @only_post
    def send(request: HttpRequest) -> HttpResponse:
        return HttpResponse({"platform": "other"})


try:
    import wallet_native_missing as native
except ImportError:

    def receive(request: HttpRequest) -> HttpResponse:
        return HttpResponse({"native": False})

else:

    def receive(request: HttpRequest) -> HttpResponse:
        return HttpResponse({"native": native})
