"""What of the packages in the catalogue moves money through somebody else.

The names are those that the packages document. A call counts where one of its last names is a verb of movement and none says
that it only reads, checks or configures.
"""

from __future__ import annotations

from idem_lint.reach.action_names import is_order
from idem_lint.reach.name_words import words
from idem_lint.reach.named_like_money import only_reads
from idem_lint.reach.provider_catalogue import ASKS_BACK, EXCHANGES, NO_MONEY, NOUNS, PACKAGES
from idem_lint.reach.record_names import MOVEMENTS

_NAMES = PACKAGES.keys() | EXCHANGES.keys()

_VERBS = frozenset(
    {
        "b2c",
        "b2b",
        "capture",
        "charge",
        "confirm",
        "create",
        "debit",
        "deposit",
        "disburse",
        "execute",
        "initiate",
        "initialize",
        "pay",
        "payout",
        "post",
        "push",
        "process",
        "purchase",
        "refund",
        "reverse",
        "sale",
        "sell",
        "buy",
        "send",
        "settle",
        "submit",
        "swap",
        "topup",
        "transact",
        "transfer",
        "withdraw",
        "place",
    }
)
_THINGS = MOVEMENTS | {
    "order",
    "invoice",
    "subscription",
    "intent",
    "checkout",
    "balance",
    "sale",
    "money",
    "keysend",
    "raw",
    "airtime",
}
_BARE_VERBS = _VERBS - {
    "create",
    "post",
    "execute",
    "confirm",
    "process",
    "submit",
    "initialize",
    "initiate",
    "place",
    "send",
    "push",
}
_WHOLE = frozenset(
    {
        "sendtoaddress",
        "sendmany",
        "sendfrom",
        "sendrawtransaction",
        "sendtransaction",
        "sendpayment",
        "sendpaymentsync",
        "sendcoins",
        "keysend",
        "payinvoice",
        "payreq",
        "paybolt11",
        "multifundchannel",
        "openchannel",
        "fundchannel",
        "stkpush",
        "sendmoney",
    }
)
"""Names that are written as one word."""


def is_whole(name: str) -> bool:
    """Whether a name is that of a call which spends, as nodes have them: ``sendtoaddress``, ``open_channel``."""
    return name.replace("_", "") in _WHOLE


def moves_money(dotted: str) -> bool:
    """Whether a call of this dotted name moves money through a provider: ``stripe.PaymentIntent.create``."""
    package, _, rest = dotted.partition(".")
    if package not in _NAMES or not rest:
        return False
    parts = [part for name in rest.split(".") for part in words(name)]
    if not NO_MONEY.keys().isdisjoint(parts):
        return False
    name = rest.rpartition(".")[2]
    if is_whole(name) or f"{package}.{name}" in NOUNS:
        return True
    if only_reads(name) or not ASKS_BACK.keys().isdisjoint(words(name)):
        return False
    if package in EXCHANGES and is_order(name):
        return True
    last = words(name)
    if _VERBS.isdisjoint(last):
        return False
    return not _BARE_VERBS.isdisjoint(last) or not _THINGS.isdisjoint(parts)
