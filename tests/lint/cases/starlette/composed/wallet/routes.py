from starlette.authentication import requires
from starlette.responses import JSONResponse

from idem_runtime import money_moving

from .web import Routes, application, moving

table = Routes()


@application.route("/wallet/pay", methods=["POST"])
@money_moving
async def pay(request): return JSONResponse({})


@application.route("/wallet")
async def wallet(request): return JSONResponse({})


@application.post("/wallet/charge")
@requires("authenticated")
async def charge(request): return JSONResponse({})


@moving("/wallet/move")
async def move(request): return JSONResponse({})


@table.on("/wallet/table", "POST")
async def in_table(request): return JSONResponse({})


@table.on("/wallet/table/read")
async def in_table_read(request): return JSONResponse([])


application.router.routes.extend(table)
