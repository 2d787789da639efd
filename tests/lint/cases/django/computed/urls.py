from __future__ import annotations

from importlib import import_module

from django.conf.urls import include
from django.urls import path

from config.domains import DOMAINS

urlpatterns = []

for domain in DOMAINS:
    urlpatterns.append(path(f"{domain}/", include(f"{domain}.urls.v1")))

for name in ("payroll",):
    module = import_module(f"{name}.endpoints")
    urlpatterns += [path(f"{name}/", include(module.get_urls()))]

urlpatterns += [path("v2/", include(("wallet.urls.v2", "wallet"), namespace="v2"))]
