from typing import TYPE_CHECKING

from .base import Base as WalletBase
from .base import Readable

if TYPE_CHECKING:
    from flask_restful import Resource  # noqa: F401


class Refund(WalletBase):
    def post(self):
        return {}


class Balance(Readable):
    pass


class Hold(Readable):
    async_safe = True

    def _post(self):
        return {}

    post = _post


class Same(WalletBase):
    def post(self):
        return "first"


first = Same


class Same(WalletBase):  # noqa: F811
    def get(self):
        return "second"


ROUTES = [
    (Refund, "/wallet/refunds"),
    (Balance, "/wallet/balance", "/wallet/balance/<string:currency>"),
    (Hold, "/wallet/holds"),
]
SAME = {"first": first, "second": Same}
