from web import Blueprint, Endpoints, EventBus, Rpc

from idem_runtime import money_moving

money = Blueprint("money", __name__, url_prefix="/wallet")
api = Endpoints("api", "/wallet/api")
rpc = Rpc("/wallet/rpc")
hooks = EventBus()


@money.post("/transfers")
def transfer():
    return {}


@money.route("/deposits", methods=["POST"])
@money_moving
def deposit():
    return {}


@money.command("/withdrawals")
def withdraw():
    return {}


@money.query("/rates")
def rates():
    return {}


@money.money("/payouts")
def pay_out():
    return {}


@api.post("/cards")
def order_card():
    return {}


@api.get("/cards")
def cards():
    return {}


@api.on("/cards/block", "POST", "DELETE")
def block_card():
    return {}


@api.on("/cards/limits", "GET")
def card_limits():
    return {}


@rpc.operation
def settle():
    return {}


@rpc.operation
@money_moving
def reverse():
    return {}


@hooks.post("settled")
def on_settled(payload):
    return payload


@hooks.route("reversed", methods=["POST"])
def on_reversed(payload):
    return payload
