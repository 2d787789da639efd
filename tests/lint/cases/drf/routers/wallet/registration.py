from __future__ import annotations

from rest_framework.routers import BaseRouter

from wallet import api as wallet_api

TABLE = (
    ("refunds", wallet_api.RefundViewSet),
    ("reads", wallet_api.EntryViewSet),
)


def register(into: BaseRouter) -> None:
    into.register("transfers", wallet_api.TransferViewSet, basename="transfer")
    for prefix, viewset in TABLE:
        into.register(prefix, viewset, basename=prefix)
    for prefix, viewset in {"fees": wallet_api.FeeViewSet}.items():
        into.register(prefix, viewset, prefix)
