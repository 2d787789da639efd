from __future__ import annotations

from django.urls import include, path
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework.routers import DefaultRouter
from rest_framework.schemas import get_schema_view

from wallet.api import EntryList, EntryViewSet, PayView, me

router = DefaultRouter()
router.register("entries", EntryViewSet, basename="entry")

urlpatterns = [
    path("", include(router.urls)),
    path("list/", EntryList.as_view()),
    path("me/", me),
    path("pay/", PayView.as_view()),
    path("token/", obtain_auth_token),
    path("schema/", get_schema_view(title="wallet")),
    path("auth/", include("rest_framework.urls")),
]
