from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ninja import NinjaAPI, Router

from idem_runtime import money_moving
from wallet import handlers
from wallet.desk import Desk

api = NinjaAPI()
router = Router()
desk = Desk("branch-7")
View = Callable[..., Any]


def register(into: Router, path: str, view: View) -> None:
    into.add_api_operation(path, ["POST"], view)


router.add_api_operation("/transfers", ["POST"], handlers.transfer)
router.add_api_operation("/refunds", methods=["POST", "PATCH"], view_func=money_moving(handlers.refund))
router.add_api_operation("/reads", ["GET"], handlers.read)
router.add_api_operation("/desk", ["POST"], money_moving(desk.pay_out))
router.post("/called")(handlers.called)
register(router, "/payouts", handlers.payout)

for path, view in (("/fees", handlers.fee), ("/interest", handlers.interest)):
    router.post(path)(view)

for path, (methods, view) in {"/limits": (["PUT"], handlers.limit), "/holds": (["POST"], handlers.hold)}.items():
    router.add_api_operation(path, methods, view)

api.add_router("/wallet", router)
