from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.post("/")
@money_moving
async def deposit(): return {}


@router.get("/")
async def deposits(): return []
