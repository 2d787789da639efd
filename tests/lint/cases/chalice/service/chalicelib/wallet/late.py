from functools import partial, update_wrapper

from idem_runtime import money_moving


def book():
    return {}


def reverse():
    return {}


def quote():
    return {}


class Desk:
    def __init__(self, app):
        self.app = app
        self.app.route("/wallet/desk", methods=["POST"])(self.open)

    def open(self):
        return {}


def install(app):
    app.route("/wallet/book", methods=["POST"])(book)
    app.route("/wallet/reverse", methods=["POST"])(money_moving(reverse))
    app.route("/wallet/quote", methods=["GET"])(quote)
    app.route("/wallet/lambda", name="lambda", methods=["POST"])(lambda: {})
    app.route("/wallet/partial", name="partial", methods=["POST"])(update_wrapper(partial(settle, "eur"), settle))
    Desk(app)
    for name, view in {"open": open_account, "close": close_account}.items():
        app.route(f"/wallet/account/{name}", methods=["POST"])(view)

    @app.route("/wallet/nested", methods=["POST"])
    def nested():
        return {}


def settle(currency):
    return {"currency": currency}


def open_account():
    return {}


def close_account():
    return {}
