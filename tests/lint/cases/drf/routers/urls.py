from __future__ import annotations

from django.urls import include, path, re_path

from config.api import api
from savings.urls import savings_router
from wallet.registration import register

register(api)
api.registry.extend(savings_router.registry)

urlpatterns = [
    path("api/", include(api.urls)),
    re_path(r"^v1/", include("wallet.urls")),
]
