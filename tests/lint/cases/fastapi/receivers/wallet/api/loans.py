from .. import api
from . import v1 as api_v1


@api_v1.post("/loans/disburse")
async def disburse():
    return {}


@api.v1.post("/loans/repay")
async def repay():
    return {}
