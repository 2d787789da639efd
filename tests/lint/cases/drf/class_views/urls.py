from __future__ import annotations

from django.urls import path, re_path

from wallet import views

transfer_list = views.TransferList.as_view()

urlpatterns = [
    path("transfers/", transfer_list),
    path("transfers/<int:pk>/reverse/", views.Reverse.as_view()),
    path("balance/", views.Balance.as_view()),
    path("payouts/", views.Payout.as_view()),
    path("refunds/", views.Refund.as_view()),
    path("refunds/partial/", views.PartialRefund.as_view()),
    re_path(r"^hooks/(?P<rail>\w+)/$", views.RailHook.as_view()),
    path("closed/", views.Closed.as_view()),
    path("quotes/", views.Quote.as_view()),
    path("guarded/", views.Guarded.as_view()),
    path("envelope/", views.Enveloped.as_view()),
    path("initial/", views.WithInitial.as_view()),
    path("options/", views.OptionsOnly.as_view()),
]
