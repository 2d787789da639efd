from __future__ import annotations

from django.urls import path

from savings.views import OpenPot, PotReport
from wallet import views

urlpatterns = [
    path("transfers/", views.Transfer.as_view()),
    path("refunds/", views.Refund.as_view()),
    path("reverse/", views.Reverse.as_view()),
    path("balance/", views.Balance.as_view()),
    path("rail/", views.Rail.as_view()),
    path("legacy/", views.Legacy.as_view()),
    path("timed/", views.Timed.as_view()),
    path("timed/read/", views.TimedRead.as_view()),
    path("named/", views.NamedAction.as_view()),
    path("inherited-dispatch/", views.InheritedDispatch.as_view()),
    path("prepared/", views.Prepared.as_view()),
    path("chained/", views.Chained.as_view()),
    path("revoked/", views.Revoked.as_view()),
    path("pots/", OpenPot.as_view()),
    path("pots/report/", PotReport.as_view()),
    *(path(f"made/{view.slug}/", view.as_view()) for view in views.MADE),
]
