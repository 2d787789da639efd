from django.urls import path

from shop import views

urlpatterns = [
    path("donate", views.Donate.as_view()),
    path("donate/simple", views.DonateWithModel.as_view()),
    path("donations/<int:pk>/refund", views.RefundView.as_view()),
    path("vouchers/redeem", views.Redeem.as_view()),
    path("donations/search", views.Search.as_view()),
    path("rules/<int:pk>", views.EditRule.as_view()),
    path("refunds/<int:pk>", views.EditRefund.as_view()),
]
