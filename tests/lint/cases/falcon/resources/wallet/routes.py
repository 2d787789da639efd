from .resources import Base


class Deposit:
    def on_post(self, req, resp): resp.media = {}


class Statement:
    def on_get(self, req, resp): resp.media = []


class Payout(Base):
    def on_post(self, req, resp): resp.media = {}


ROUTES = [("/wallet/deposit", Deposit()), ("/wallet/statement", Statement())]


def make(currency):
    class Exchange:
        def on_post(self, req, resp): resp.media = {"currency": currency}

    return Exchange()


def install(api):
    api.add_route("/wallet/payout", Payout())
    api.add_route("/wallet/exchange", make("eur"))
