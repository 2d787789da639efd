from functools import partial

WRITE = {"POST"}


class Desk:
    def __init__(self, app):
        self.app = app

    def open(self):
        self.app.add_url_rule("/wallet/open", view_func=self.opened, methods=WRITE)
        self.app.route("/wallet/close", methods=[*WRITE, "PUT"])(self.closed)
        self.app.post("/wallet/lambda", endpoint="lambda")(lambda: "ok")
        self.app.add_url_rule("/wallet/partial", "partial", partial(settle, "eur"), methods=["POST"])

        @self.app.endpoint("named")
        async def named():
            return {}

        self.app.add_url_rule("/wallet/named", "named", methods=["POST"])

    async def opened(self):
        return {}

    async def closed(self):
        return {}

    async def post(self):
        return {}


async def settle(currency):
    return {"currency": currency}
