from __future__ import annotations

from django.urls import path

from .. import views
from ..views import Deposit

urlpatterns = [
    path("transfer/", views.transfer),
    path("deposit/", Deposit.as_view()),
    path("statement/", views.statement),
]
