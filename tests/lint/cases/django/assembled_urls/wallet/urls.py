from __future__ import annotations

from django.urls import path

from . import views as v

app_name = "wallet"
urlpatterns = [path("wallet/move/", v.wallet_move)]
