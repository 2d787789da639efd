from __future__ import annotations

from django.contrib import admin
from django.urls import path

import wallet.admin
from wallet.site import operations

admin.autodiscover()
urlpatterns = [
    path("admin/", admin.site.urls),
    path("operations/", operations.urls),
]
