from __future__ import annotations

from django.urls import path
from ninja_extra import NinjaExtraAPI

from wallet.controllers import AdminController, PlainController, TransferController
from wallet.inherited import DepositController, ReadController

api = NinjaExtraAPI()
api.register_controllers(TransferController, AdminController, DepositController)
api.register_controllers(*[PlainController, ReadController])

urlpatterns = [path("api/", api.urls)]
