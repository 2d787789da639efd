from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_GET

from wallet import pages

handler400 = "wallet.errors.bad_request"
handler500 = "wallet.errors.server_error"

urlpatterns = [
    path("entries/", pages.entries),
    path("rates/", require_GET(pages.rates)),
    path("pay/", pages.pay),
]
