from fastapi import APIRouter

router = APIRouter(prefix="/wallet")


@router.post("/known")
async def known(): return {}
