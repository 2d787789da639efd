from fastapi import FastAPI


def create() -> FastAPI:
    sub = FastAPI()

    @sub.post("/wallet/partner-transfer")
    async def partner_transfer(): return {}

    @sub.middleware("http")
    async def trace(request, call_next):
        return await call_next(request)

    @sub.exception_handler(KeyError)
    async def missing(request, error):
        raise error

    return sub
