from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from wallet import views
from wallet.views import Deposit, transfer_view

urlpatterns = [
    path("transfers/", transfer_view),
    path("deposits/", Deposit.as_view()),
    path("withdrawals/", csrf_exempt(views.Withdraw.as_view(channel="atm"))),
    path("refunds/", login_required(views.Refund.as_view())),
    path("payouts/", views.Payout.as_view(http_method_names=["get", "post"])),
    path("statement/", views.Statement.as_view()),
    path("closed/", views.Closed.as_view()),
    path("shouted/", views.Shouted.as_view()),
    path("narrowed/", views.Narrowed.as_view(http_method_names=["get"])),
    path("shown/", require_GET(views.Shown.as_view())),
    path("async/", views.AsyncTransfer.as_view()),
    path("aliased/", views.Aliased.as_view()),
    path("assigned/", views.Assigned.as_view()),
    path("without/", views.WithoutPost.as_view()),
    path("filtered/", views.Filtered.as_view()),
    path("quotes/", views.Quote.as_view()),
    path("late/", views.LateDecorated.as_view()),
    path("conditional/", views.Conditional.as_view()),
]
