from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter
from rest_framework.urlpatterns import format_suffix_patterns

from config.routers import Registry
from wallet.api import DepositViewSet, PayoutView, UnroutedViewSet, WithdrawalViewSet

registry = Registry()
registry.add("deposits", DepositViewSet)

simple = SimpleRouter()
simple.register("withdrawals", WithdrawalViewSet, basename="withdrawal")

urlpatterns = [*registry.urls]
urlpatterns += simple.urls
urlpatterns += format_suffix_patterns([path("payouts", PayoutView.as_view())])

__all__ = ["UnroutedViewSet", "urlpatterns"]
