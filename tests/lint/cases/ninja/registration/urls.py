from __future__ import annotations

from django.urls import path

from wallet.api import api

urlpatterns = [path("api/", api.urls)]
