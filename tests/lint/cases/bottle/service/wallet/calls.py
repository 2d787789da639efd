from functools import partial

import bottle

from idem_runtime import money_moving


def book():
    return {}


def reverse():
    return {}


def settle(kind):
    return {"kind": kind}


def quote():
    return {}


def close():
    return {}


def named():
    return {}


def direct():
    return {}


TABLE = {"/wallet/freeze": ("POST", close), "/wallet/quote-page": ("GET", quote)}


def install(server):
    server.route("/wallet/book", "POST", book)
    server.route("/wallet/reverse", method="POST", callback=money_moving(reverse))
    server.route("/wallet/settle", method=["POST"], callback=partial(settle, "eur"))
    server.route("/wallet/quote", callback=quote)
    server.post("/wallet/lambda", callback=lambda: {})
    server.route("/wallet/by-string", "POST", "wallet.calls:named")
    server.add_route(bottle.Route(server, "/wallet/direct", "POST", direct))
    for path, (verb, view) in TABLE.items():
        server.route(path, verb, view)

    @server.post("/wallet/nested")
    def nested():
        return {}
