from __future__ import annotations

import wallet.views
from django.urls import path

urlpatterns = [
    path("transfer/", wallet.views.transfers.transfer_v2),
    path("refund/", wallet.views.give_back),
    *[path(f"{name}/", getattr(wallet.views.transfers, f"{name}_v2")) for name in wallet.views.transfers.NAMES],
]
