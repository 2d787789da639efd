from fastapi import APIRouter

router = APIRouter(prefix="/wallet/same")


@router.get("/transfers")
def transfers(): return []


@router.post("/transfers")
def transfers(): return {}


@router.post("/payouts")
async def _(): return {}


@router.post("/payins")
async def _(): return {}


@router.get("/payins")
async def _(): return []


@router.delete("/transfers")
def transfers(): return {}
