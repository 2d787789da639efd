from idem_runtime import money_moving
from sqladmin import BaseView, ModelView, action, expose
from starlette.responses import JSONResponse
from wallet.models import Payout, Transfer

METHODS = ["GET", "POST"]


class Desk(BaseView):
    name = "Desk"

    @expose("/desk/payout", methods=METHODS)
    async def payout(self, request):
        return JSONResponse({})

    @expose("/desk/refund", methods=["POST"], identity="refund")
    @money_moving
    async def refund(self, request):
        return JSONResponse({})

    @expose("/desk")
    async def index(self, request):
        return JSONResponse({})


class Recorded:
    async def insert_model(self, request, data):
        return await super().insert_model(request, data)


class TransferAdmin(Recorded, ModelView, model=Transfer):
    async def update_model(self, request, pk, data):
        return await super().update_model(request, pk, data)

    async def on_model_change(self, data, model, is_created, request):
        return None


class ReadOnlyAdmin(ModelView, model=Payout):
    can_create = False

    @action(name="export")
    async def export(self, request):
        return JSONResponse({})
