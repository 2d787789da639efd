from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter
from rest_framework_nested import routers as nested
from rest_framework_nested.routers import NestedSimpleRouter

from lending.api import RepaymentViewSet
from wallet.api import AccountViewSet, EntryViewSet, TransferViewSet

accounts = SimpleRouter()
accounts.register("accounts", AccountViewSet, basename="account")

transfers = NestedSimpleRouter(accounts, "accounts", lookup="account")
transfers.register("transfers", TransferViewSet, basename="account-transfer")
transfers.register("entries", EntryViewSet, basename="account-entry")

repayments = nested.NestedDefaultRouter(transfers, "transfers", lookup="transfer")
repayments.register("repayments", RepaymentViewSet, basename="repayment")

urlpatterns = [
    path("", include(accounts.urls)),
    path("", include(transfers.urls)),
    path("", include(repayments.urls)),
]
