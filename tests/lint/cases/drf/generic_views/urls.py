from __future__ import annotations

from django.urls import path
from rest_framework import generics

from wallet import views
from wallet.models import Payment
from wallet.serializers import PaymentSerializer

urlpatterns = [
    path("payments/", views.PaymentList.as_view()),
    path("payments/new/", views.PaymentCreate.as_view()),
    path("payments/<int:pk>/", views.PaymentDetail.as_view()),
    path("payments/read/", views.PaymentRead.as_view()),
    path("payments/own-post/", views.OwnPost.as_view()),
    path("payments/own-create/", views.OwnCreate.as_view()),
    path("payments/perform/", views.Performing.as_view()),
    path("payments/mixed/", views.Mixed.as_view()),
    path("payments/forgotten/", views.Forgotten.as_view()),
    path("payments/narrowed/", views.Narrowed.as_view()),
    path("payments/marked/", views.Marked.as_view()),
    path("payments/based/", views.Based.as_view()),
    path("payments/upsert/<int:pk>/", views.Upsert.as_view()),
    path("quick/", generics.CreateAPIView.as_view(queryset=Payment.objects, serializer_class=PaymentSerializer)),
    path("quick/list/", generics.ListAPIView.as_view(queryset=Payment.objects, serializer_class=PaymentSerializer)),
]
