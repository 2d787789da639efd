from __future__ import annotations

from django.urls import include, path, re_path

from ewa.routing import ewa_routes
from ewa.site import Portal
from wallet import api, composed, views
from wallet.factories import crud_urls

app = Portal()

urlpatterns = [
    path("send/", views.send),
    path("receive/", views.receive),
    path("v1/send/", api.send),
    re_path("^v2/", include([re_path("^send$", api.send_v2)])),
    path("composed/", composed.capture),
    path("composed/marked/", composed.refund),
    path("composed/stack/", composed.void),
    path("composed/read/", composed.lookup),
    *crud_urls("card", "iban"),
    *ewa_routes(prefix="ewa/"),
    path("portal/", include(app.urls)),
]
