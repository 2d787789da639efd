import fastapi

ledger_routes = fastapi.APIRouter(prefix="/v2")


@ledger_routes.post("/entries")
async def post_entry():
    return {}


@ledger_routes.get("/entries")
async def entries():
    return []
