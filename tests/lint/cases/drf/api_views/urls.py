from __future__ import annotations

from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.decorators import api_view

from wallet import views

urlpatterns = [
    path("transfers/", views.transfers),
    path("deposits/", views.deposit),
    path("withdrawals/<int:account>/", views.withdraw),
    path("statement/", views.statement),
    path("ping/", views.ping),
    path("refunds/", csrf_exempt(views.refund)),
    path("payouts/", views.payout),
    path("holds/", views.hold),
    path("quotes/", views.quote),
    path("here/", api_view(["POST"])(views.made_here)),
    path("adjust/", views.adjust),
    path("outer/", views.marked_outside),
    path("swept/", views.sweep),
    path("composed/", views.capture),
]
