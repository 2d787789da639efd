from blacksheep.server.controllers import APIController, Controller, delete, get, post, put

from idem_runtime import money_moving


class Wallet(APIController):
    @post()
    @money_moving
    async def open(self): return {}

    @post("/close")
    async def close(self): return {}

    @get()
    async def index(self): return []

    @put("/limit")
    async def limit(self): return {}

    @delete()
    async def remove(self): return {}

    async def post(self, entry): return entry


class Pages(Controller):
    @classmethod
    def route(cls): return "/pages"

    @post("/wallet/submit")
    def submit(self): return self.ok()

    @get("/wallet")
    def page(self): return self.ok()


class Commands(APIController):
    @classmethod
    def route(cls): return "/commands"

    @post("/run")
    async def run(self): return {}


class Payouts(Commands):
    """Inherits the route of ``run``, under a path of its own."""

    @classmethod
    def route(cls): return "/payouts"
