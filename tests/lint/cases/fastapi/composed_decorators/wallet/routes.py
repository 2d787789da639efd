from idem_runtime import money_moving

from .decorators import (
    Guard,
    bare_wrapper,
    endpoint,
    logged,
    lookup_endpoint,
    money_endpoint,
    moves_money,
    read_endpoint,
    router,
)

may_pay = Guard("pay")


@endpoint("/composed")
async def composed(): return {}


@money_endpoint("/composed-with-mark")
async def composed_with_mark(): return {}


@endpoint("/composed-and-marked")
@money_moving
async def composed_and_marked(): return {}


@lookup_endpoint("/lookup")
async def lookup(): return {}


@read_endpoint("/read")
async def read(): return {}


@router.post("/composed-mark")
@moves_money
async def composed_mark(): return {}


@router.post("/logged")
@logged
@moves_money
@Guard("transfer")
async def through_many(): return {}


@router.post("/lost")
@bare_wrapper
async def wrapper_without_wraps(): return {}


@router.post("/guarded")
@may_pay
async def guarded(): return {}
