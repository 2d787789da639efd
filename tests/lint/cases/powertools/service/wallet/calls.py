from functools import partial, update_wrapper

from idem_runtime import money_moving


class Desk:
    def __init__(self, app):
        self.app = app

    def routes(self):
        self.app.post("/wallet/desk")(self.open)
        self.app.get("/wallet/desk")(self.show)

    def open(self):
        return {}

    def show(self):
        return {}


def book():
    return {}


def reverse():
    return {}


def freeze():
    return {}


def thaw():
    return {}


def settle(currency):
    return {"currency": currency}


def install(resolver):
    resolver.post("/wallet/book")(book)
    resolver.route("/wallet/reverse", method="POST")(money_moving(reverse))
    resolver.post("/wallet/lambda")(lambda: {})
    resolver.post("/wallet/partial")(update_wrapper(partial(settle, "eur"), settle))
    for path, view in (("freeze", freeze), ("thaw", thaw)):
        resolver.post(f"/wallet/{path}")(view)
    Desk(resolver).routes()

    @resolver.post("/wallet/nested")
    def nested():
        return {}
