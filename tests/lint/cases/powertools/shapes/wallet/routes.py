from aws_lambda_powertools.event_handler.router import APIGatewayRouter, Router

from idem_runtime import money_moving


class WalletRouter(APIGatewayRouter):
    def money(self, rule):
        return self.route(rule, method=["POST"])


router = WalletRouter()
post = router.post


def command(target, rule):
    def decorate(view):
        return target.post(rule)(view)

    return decorate


def money_command(target, rule):
    def decorate(view):
        return target.route(rule, method="POST")(money_moving(view))

    return decorate


@router.money("/wallet/payouts")
def pay_out():
    return {}


@post("/wallet/aliased")
def aliased():
    return {}


class Routes:
    def __init__(self, resolver):
        self.resolver = resolver
        resolver.post("/wallet/book")(self.book)
        resolver.get("/wallet/show")(self.show)
        resolver.include_router(inner, prefix="/wallet/inner")

    def book(self):
        return {}

    def show(self):
        return {}


inner = Router()


@inner.patch("/limits")
@inner.post("/limits")
def limits():
    return {}


def freeze():
    return {}


def history():
    return []


TABLE = (("/wallet/freeze", "POST", freeze), ("/wallet/history", "GET", history), ("/wallet/thaw", ["PUT", "POST"], freeze))
