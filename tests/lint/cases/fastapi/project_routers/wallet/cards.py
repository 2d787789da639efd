from idem_runtime import money_moving
from platform_web import APIRouter

router = APIRouter(prefix="/wallet/cards")


@router.post("/charge")
@money_moving
async def charge():
    return {}


@router.post("/refund")
async def refund():
    return {}


@router.get("/")
async def cards():
    return []
