from __future__ import annotations

from wallet.api import CommandViewSet, PlainViewSet
from wallet.routers import CommandRouter

router = CommandRouter()
router.register("commands", CommandViewSet, basename="command")
router.register("plain", PlainViewSet, basename="plain")
urlpatterns = router.urls
