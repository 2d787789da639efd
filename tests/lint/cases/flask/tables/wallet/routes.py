from dataclasses import dataclass
from typing import Callable

from . import handlers
from .handlers import deposit, transfer


@dataclass(frozen=True)
class Spec:
    rule: str
    name: str
    view: Callable
    methods: tuple = ("POST",)


BY_PATH = {
    "/wallet/transfers": transfer,
    "/wallet/deposits": deposit,
    "/wallet/purchases": handlers.purchase,
}

ROUTES = [
    ("/wallet/history", "history", handlers.history, ["GET"]),
    ("/wallet/refunds", "refund", handlers.refund, ["POST"]),
    ("/wallet/schedule", "schedule", handlers.schedule, ("GET", "POST")),
]
ROUTES += [("/wallet/rebates", "rebate", handlers.rebate, ["POST"])]
ROUTES.append(("/wallet/gifts", "gift", handlers.gift, ["POST"]))

TABLE = (
    {"rule": "/wallet/fees", "view_func": handlers.fee, "methods": ["POST"]},
    {"rule": "/wallet/rates", "view_func": handlers.rate},
    dict(rule="/wallet/interest", view_func=handlers.interest, methods=["POST"]),
)

SPECS = [
    Spec("/wallet/payouts", "payout", handlers.payout),
    Spec("/wallet/statements", "statement", handlers.statement, ("GET",)),
    Spec(rule="/wallet/reversals", name="reversal", view=handlers.reversal, methods=("POST", "PUT")),
]
