from collections.abc import Callable


class Bus:
    """Its verbs look like a router's."""

    def __init__(self) -> None:
        self.handlers: dict[str, list[Callable]] = {}

    def post(self, event: str, payload: object = None):
        def keep(fn):
            self.handlers.setdefault(event, []).append(fn)
            return fn

        return keep

    def route(self, event: str, methods=()):
        return self.post(event)

    def emit(self, event: str) -> None:
        for handler in self.handlers.get(event, []):
            handler()


bus = Bus()
hooks = Bus()


@bus.post("wallet.started")
def on_started(): return None


@hooks.route("wallet.closed", methods=["POST"])
def on_closed(): return None


class Ledger:
    def post(self, entry): return entry

    def add_route(self, path, rail): return (path, rail)


Ledger().post({"amount": 1})
Ledger().add_route("/wallet", on_closed)
