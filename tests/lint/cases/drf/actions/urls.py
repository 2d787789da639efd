from __future__ import annotations

from rest_framework.routers import DefaultRouter

from wallet.viewsets import AccountViewSet, AuditedViewSet, CardViewSet, ReadViewSet

router = DefaultRouter()
router.register("accounts", AccountViewSet, basename="account")
router.register("cards", CardViewSet, basename="card")
router.register("audited", AuditedViewSet, basename="audited")
router.register("read", ReadViewSet, basename="read")
urlpatterns = router.urls
