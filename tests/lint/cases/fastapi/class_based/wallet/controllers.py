import inspect

from fastapi import APIRouter

from idem_runtime import money_moving


class Controller:
    prefix = ""

    def __init__(self, prefix: str | None = None) -> None:
        self.router = APIRouter(prefix=prefix or self.prefix)
        self.register()

    def register(self) -> None:
        self.router.add_api_route("/close", self.close, methods=["POST"])
        for name, method in inspect.getmembers(self, inspect.ismethod):
            route = getattr(method, "_route", None)
            if route is not None:
                verb, path = route
                self.router.add_api_route(path, method, methods=[verb])

    async def close(self):
        raise LookupError("overridden by every controller")


def on(verb: str, path: str):
    def keep(fn):
        fn._route = (verb, path)
        return fn

    return keep


class WalletController(Controller):
    prefix = "/wallet"

    def register(self) -> None:
        super().register()
        self.router.add_api_route("/open", self.open, methods=["POST"])
        self.router.add_api_route("/balance", self.balance)

    @money_moving
    async def open(self): return {}

    async def balance(self): return {}

    async def close(self): return {}

    @on("POST", "/merge")
    async def merge(self): return {}

    @on("GET", "/history")
    async def history(self): return []


class SavingsController(Controller):
    async def close(self): return {}

    @on("POST", "/sweep")
    async def sweep(self): return {}
