from __future__ import annotations

from django.urls import path

from wallet.api import api, internal

urlpatterns = [
    path("api/", api.urls),
    path("internal/", internal.urls),
]
