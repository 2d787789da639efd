import os
import sys

from fastapi import APIRouter

router = APIRouter(prefix="/wallet/conditional")

if sys.version_info >= (3, 8):

    @router.post("/new")
    def new(): return {}

try:
    import no_such_rail_sdk
except ImportError:

    @router.post("/fallback")
    def fallback(): return {}

else:

    def fallback(): return no_such_rail_sdk

with open(os.devnull) as sink:

    @router.post("/with")
    def inside_with(): return {}

match os.sep:
    case "/":

        @router.post("/match")
        def inside_match(): return {}

    case _:
        pass

for _ in range(1):

    @router.post("/for")
    def inside_for(): return {}

if True:
    handler_path = "/assigned"

    @router.post(handler_path)
    async def assigned(): return {}

else:
    pass
