from starlette import endpoints
from starlette.endpoints import HTTPEndpoint as Endpoint
from starlette.responses import JSONResponse, PlainTextResponse

from idem_runtime import money_moving

from .base import BankEndpoint


class Wallet(Endpoint):
    async def get(self, request): return JSONResponse({})

    @money_moving
    async def post(self, request): return JSONResponse({})


class Reads(Endpoint):
    async def get(self, request): return JSONResponse({})

    async def put(self, request): return JSONResponse({})


class Inherits(BankEndpoint):
    async def execute(self, request): return {}


class Overrides(BankEndpoint):
    async def post(self, request): return JSONResponse({})


class Restricted(BankEndpoint):
    async def get(self, request): return JSONResponse({})


class Aliased(endpoints.HTTPEndpoint):
    async def put(self, request): return JSONResponse({})

    post = put


class Dispatches(Endpoint):
    async def dispatch(self):
        await PlainTextResponse("any verb")(self.scope, self.receive, self.send)


class CallableApp:
    async def __call__(self, scope, receive, send): await JSONResponse({})(scope, receive, send)


class PostOnlyApp:
    async def __call__(self, scope, receive, send): await JSONResponse({})(scope, receive, send)


def make(currency):
    class Exchange(Endpoint):
        async def post(self, request): return JSONResponse({"currency": currency})

    return Exchange


class Added(Endpoint):
    if True:

        def post(self, request): return JSONResponse({})


class Mailbox:
    """Not an endpoint."""

    def post(self, letter): return letter
