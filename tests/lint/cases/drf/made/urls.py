from __future__ import annotations

from django.urls import include, path
from rest_framework import routers

from common.crud import crud_viewset
from wallet import views
from wallet.models import Payment
from wallet.serializers import PaymentSerializer

router = routers.DefaultRouter()
for kind in ("payments", "labels"):
    router.register(kind, crud_viewset(Payment, PaymentSerializer), basename=kind)
for viewset in views.BaseCommand.__subclasses__():
    router.register(viewset.prefix, viewset, basename=viewset.prefix)

urlpatterns = [
    path("", include(router.urls)),
    path("borrowed/", views.Borrowed.as_view()),
    path("both/", views.Both.as_view()),
    path("limited/", views.Limited.as_view()),
    path("forced/", views.Forced.as_view()),
    path("again/", views.Again.as_view()),
]
