from django.urls import path

from bank import views

urlpatterns = [
    path("wallets/<int:pk>/pay", views.pay),
    path("wallets/<int:pk>/top-up", views.top_up),
    path("payments/<int:pk>/settle", views.settle),
    path("payments/distribute", views.distribute),
    path("wallets/interest", views.pay_interest),
    path("invoices/<int:pk>/collect", views.collect_invoice),
    path("transfers", views.Transfers.as_view()),
    path("wallets/<int:pk>/invoices", views.send_invoice),
    path("wallets/<int:pk>/loan", views.apply_for_loan),
    path("payments/<int:pk>/note", views.annotate_payment),
    path("wallets/<int:pk>/label", views.relabel),
    path("wallets/<int:pk>/report", views.make_report),
    path("payments/search", views.search_payments),
]
