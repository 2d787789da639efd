from django.urls import include, path
from rest_framework.routers import SimpleRouter

from wallet.views import Deposits, transfer

router = SimpleRouter()
router.register("deposits", Deposits, basename="deposits")

urlpatterns = [path("transfers", transfer), path("", include(router.urls))]
