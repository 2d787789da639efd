from __future__ import annotations

from django.urls import path

import payroll.views
import payroll.exports as exports

urlpatterns = [
    path("pay/", payroll.views.pay),
    path("export/", exports.download),
    path("export/schedule/", exports.schedule),
]
