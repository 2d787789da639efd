from __future__ import annotations

from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from wallet import views
from wallet.views import CardViewSet, PaymentViewSet, TransferViewSet

COLLECTION = {"get": "list", "post": "create"}
payment_detail = PaymentViewSet.as_view({"get": "retrieve", "put": "update"})

urlpatterns = [
    path("payments/", PaymentViewSet.as_view(COLLECTION)),
    path("payments/<int:pk>/", payment_detail),
    path("transfers/", TransferViewSet.as_view({"post": "transfer"})),
    path("transfers/<int:pk>/reverse/", TransferViewSet.as_view(actions={"post": "reverse", "delete": "reverse"})),
    path("transfers/<int:pk>/", TransferViewSet.as_view({"get": "show"})),
    path("cards/", csrf_exempt(CardViewSet.as_view({"post": "create"}))),
    path("cards/read/", CardViewSet.as_view({"get": "list"})),
    path("reads/", views.ReadOnlyUse.as_view({"get": "list"})),
    path("puts/", views.PutUse.as_view({"put": "create"})),
    path("narrow/", views.Narrow.as_view({"get": "list", "post": "create"}, http_method_names=["get"])),
    *(path(f"desk/{verb}/", views.DeskViewSet.as_view({"post": verb})) for verb in ("open", "close")),
]
