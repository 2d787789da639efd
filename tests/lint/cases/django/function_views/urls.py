from __future__ import annotations

from django.urls import include, path, re_path

from payroll import views as payroll_views

urlpatterns = [
    path("wallet/", include("wallet.urls")),
    path("payroll/runs/", payroll_views.runs, name="payroll-runs"),
    path("payroll/runs/<int:run>/approve/", payroll_views.approve),
    path("payroll/", include(("payroll.urls", "payroll"), namespace="payroll")),
    re_path(r"^legacy/(?P<account>\d+)/topup/$", payroll_views.legacy_topup),
    re_path(r"^legacy/(\d+)/(\d+)/adjust/$", payroll_views.legacy_adjust),
]
