from __future__ import annotations

from rest_framework.routers import DefaultRouter

import savings.api

savings_router = DefaultRouter()
savings_router.register("pots", savings.api.PotViewSet, basename="pot")
