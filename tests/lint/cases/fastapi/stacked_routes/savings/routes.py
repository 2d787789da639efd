from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter(prefix="/savings")
legacy = APIRouter(prefix="/saving-pots")


@router.post("/pots")
@legacy.post("/create")
@money_moving
async def create_pot(): return {}


@router.get("/pots/{pot}")
@router.post("/pots/{pot}")
async def show_or_touch(pot: str): return {"pot": pot}


@router.put("/pots/{pot}/goal")
@legacy.api_route("/goal/{pot}", methods=["PATCH", "POST"])
async def set_goal(pot: str): return {"pot": pot}


@router.post("/pots/{pot}/deposit")
@money_moving
@legacy.post("/deposit/{pot}")
async def deposit(pot: str): return {"pot": pot}


@money_moving
@router.post("/pots/{pot}/withdraw")
async def withdraw(pot: str): return {"pot": pot}


@router.post("/pots/{pot}/close")
async def close_pot(pot: str): return {"pot": pot}


close_pot = money_moving(close_pot)


@router.get("/pots")
@legacy.get("/all")
async def pots(): return []


legacy.post("/withdraw/{pot}")(withdraw)
