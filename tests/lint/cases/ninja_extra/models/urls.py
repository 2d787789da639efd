from __future__ import annotations

from django.urls import path
from ninja_extra import NinjaExtraAPI

from wallet import controllers

api = NinjaExtraAPI(title="wallet")
for controller in (
    controllers.PaymentController,
    controllers.ReadOnlyController,
    controllers.CustomController,
    controllers.FactoryController,
):
    api.register_controllers(controller)

urlpatterns = [path("api/", api.urls)]
