from fastapi import APIRouter

DEFAULTS = {"status_code": 202}


def resource(name, handler, methods):
    router = APIRouter(prefix="/wallet")
    router.add_api_route(f"/{name}", handler, methods=methods, **DEFAULTS)
    return router


def guarded(methods):
    router = APIRouter(prefix="/wallet/guarded")

    @router.api_route("/", methods=methods)
    async def guarded_write(): return {}

    @router.api_route("/read", methods=["GET"])
    async def guarded_read(): return {}

    return router
