from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import DefaultRouter, SimpleRouter

from payroll.viewsets import RunViewSet
from wallet import viewsets

router = DefaultRouter()
router.register("payments", viewsets.PaymentViewSet)
router.register(r"transfers", viewsets.TransferViewSet, basename="transfer")
router.register("reads", viewsets.PaymentReadViewSet, basename="read")
router.register("drafts", viewsets.DraftViewSet, basename="draft")
router.register("holds", viewsets.HoldViewSet, basename="hold")
router.register("bulk", viewsets.BulkViewSet, basename="bulk")
router.register("narrowed", viewsets.NarrowedViewSet, basename="narrowed")
router.register("filtered", viewsets.FilteredViewSet, basename="filtered")
router.register("patched", viewsets.PatchedViewSet, basename="patched")
router.register("marked", viewsets.MarkedViewSet, basename="marked")
router.register(prefix="quotes", viewset=viewsets.QuoteViewSet, basename="quote")
router.register("updates", viewsets.UpdateViewSet, basename="update")

other = SimpleRouter(trailing_slash=False)
other.register("runs", RunViewSet, "run")

urlpatterns = [path("api/", include(router.urls)), path("payroll/", include((other.urls, "payroll")))]
