from sanic.response import json
from sanic.views import HTTPMethodView

from idem_runtime import money_moving

from .web import bp


class Base(HTTPMethodView):
    async def post(self, request): return json(await self.execute(request))

    async def execute(self, request): raise LookupError


class Wallet(HTTPMethodView):
    async def get(self, request): return json({})

    @money_moving
    async def post(self, request): return json({})


class Reads(HTTPMethodView):
    async def get(self, request): return json({})


class Inherits(Base):
    async def execute(self, request): return {}


class Decorated(HTTPMethodView):
    decorators = [money_moving]

    async def post(self, request): return json({})


class WithArguments(HTTPMethodView):
    def __init__(self, limit): self.limit = limit

    def post(self, request): return json({"limit": self.limit})


class Attached(HTTPMethodView):
    async def post(self, request): return json({})


class InClassStatement(HTTPMethodView, attach=bp, uri="/wallet/class-statement"):
    async def post(self, request): return json({})


class InClassStatementRead(HTTPMethodView, attach=bp, uri="/wallet/class-statement/read"):
    async def get(self, request): return json({})
