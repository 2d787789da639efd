from __future__ import annotations

from django.urls import path

from wallet import views
from wallet.views import *  # noqa: F403

urlpatterns = [
    path("equals/", views.equals),
    path("turned/", views.turned_around),
    path("member/", views.member),
    path("matched/", views.matched),
    path("lowered/", views.lowered),
    path("guarded/", views.guarded),
    path("form/", views.form_data),
    path("walrus/", views.walrus),
    path("table/", views.table_dispatch),
    path("reads/", views.read_by_nature),
    path("body/", views.body_reader),
    path("own/", views.OwnRequest),
    path("starred/", starred),  # noqa: F405
    path("meta/", views.via_meta),
]
