from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.urls import include, path
from django.views.generic import CreateView, DetailView, RedirectView, TemplateView

from lending.views import Repay, RepaymentList
from wallet import views
from wallet.models import Payment

urlpatterns = [
    path("login/", LoginView.as_view()),
    path("about/", TemplateView.as_view(template_name="about.html")),
    path("old/", RedirectView.as_view(url="/payments/")),
    path("payments/quick/", CreateView.as_view(model=Payment, fields=["amount"])),
    path("payments/<int:pk>/", DetailView.as_view(model=Payment)),
    path("payments/", views.PaymentList.as_view()),
    path("payments/new/", views.PaymentCreate.as_view()),
    path("payments/<int:pk>/edit/", views.PaymentUpdate.as_view()),
    path("payments/<int:pk>/cancel/", views.PaymentCancel.as_view()),
    path("payments/<int:pk>/approve/", views.Approve.as_view()),
    path("payments/<int:pk>/frozen/", views.FrozenPayment.as_view()),
    path("topup/", views.TopUp.as_view(success_url="/payments/")),
    path("moved/", views.Moved.as_view()),
    path("page/", views.Page.as_view()),
    path("search/", views.SearchPage.as_view()),
    path("guarded/", views.GuardedTopUp.as_view()),
    path("own-post/", views.OwnPost.as_view()),
    path("lending/", include([path("repay/<int:pk>/", Repay.as_view()), path("", RepaymentList.as_view())])),
]
