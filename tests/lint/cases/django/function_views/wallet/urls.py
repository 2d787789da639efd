from __future__ import annotations

from django.urls import include, path

from . import views
from .views import deposit, statement

transfer_patterns = [
    path("", views.transfer, name="transfer"),
    path("bulk/", views.bulk_transfer),
    path("<uuid:transfer_id>/reverse/", views.reverse),
]

app_name = "wallet"
urlpatterns = [
    path("transfers/", include(transfer_patterns)),
    path("deposits/", deposit, {"channel": "branch"}),
    path("withdrawals/", view=views.withdraw),
    path("statement/", statement),
    path("balance/", views.balance),
    path("limits/", views.limits),
    path("fx/quote/", views.fx_quote),
    path("holds/", views.place_hold),
    path("holds/release/", views.release_hold),
    path("adjust/", views.adjust),
    path("sweep/", views.sweep),
    path("shouting/", views.whispered),
    path("text/", views.text_method),
    path("async/", views.transfer_async),
]
