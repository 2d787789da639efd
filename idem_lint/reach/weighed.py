"""Whether a call to the outside counts where it stands: by the names of the functions on the way to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from idem_lint.engine.value_types import Func
from idem_lint.reach.action_names import asks_to_move, is_about_trade, is_verb_of_movement, only_prepares
from idem_lint.reach.name_words import words
from idem_lint.reach.named_like_money import names_provider
from idem_lint.reach.sink import Sink

_READS_FIRST = frozenset(
    {
        "count",
        "describe",
        "fetch",
        "find",
        "get",
        "has",
        "is",
        "list",
        "lookup",
        "query",
        "read",
        "retrieve",
        "search",
    }
)
_READS_LAST = frozenset(
    {
        "detail",
        "enquiry",
        "history",
        "info",
        "inquiry",
        "list",
        "lookup",
        "query",
        "quote",
        "report",
        "statement",
        "status",
    }
)
_DOES = frozenset({"create", "execute", "make", "place", "process", "send", "set", "submit", "update"})
_CARRIES = frozenset(
    {
        "api",
        "async",
        "call",
        "client",
        "do",
        "execute",
        "fetch",
        "http",
        "json",
        "make",
        "patch",
        "post",
        "put",
        "query",
    }
    | {"request", "rpc", "send"}
)
"""Words in the names of functions that only carry a request, whatever it asks."""
_ASIDE = frozenset(
    [
        "alert",
        "audit",
        "auth",
        "authenticate",
        "captcha",
        "email",
        "event",
        "header",
        "hook",
        "log",
        "login",
        "mail",
        "message",
        "metric",
        "notification",
        "notify",
        "otp",
        "price",
        "rate",
        "receipt",
        "sign",
        "signature",
        "slack",
        "sms",
        "telegram",
        "token",
        "trace",
        "upload",
        "verify",
        "webhook",
    ]
)
"""Words for what is done on the side of a payment."""
_SPENDS = frozenset(
    {"buy", "purchase", "recharge", "remit", "sell", "stake", "swap", "topup", "unstake", "vend"}
)
_TAKES_BACK = frozenset({"cancel", "expire", "reject"})
_COMES_TO_NOTHING = frozenset({"abandon", "cancel", "decline", "deny", "expire", "fail", "reject"})
"""Words in the names of functions after which a movement has not come about."""
_BILLS = frozenset({"bill", "billing", "checkout", "pay", "payment"})


def counts(sink: Sink, functions: Sequence[Func], *, says_money: bool) -> bool:
    """Whether a write counts at the end of these functions, the entry point first: what only reads, prepares or asks for a
    price is no call to somebody who pays, and what says little needs a name on the way. ``says_money``: the entry point's
    own names do.
    """
    names = [function.node.name for function in functions]
    if sink.needs == "an end":
        return not any(not _COMES_TO_NOTHING.isdisjoint(words(name)) for name in names)
    if sink.kind not in {"provider", "service"}:
        return True
    told = [name for name in names if not carries(name)]
    if any(map(only_prepares, names)) or (told and only_reads(told[-1])):
        return False
    if not sink.needs:
        return True
    if sink.needs == "money":
        return says_money or any(map(asks_to_move, names))
    if sink.needs == "verb":
        return _asks(names)
    around = (sink.what, *names, *(function.scope.module.name for function in functions))
    if sink.needs == "trade":
        return any(map(is_about_trade, around))
    return any(map(_is_about_bills, around)) or _asks(names)


@cache
def carries(name: str) -> bool:
    """Whether a function of this name only carries a request, whatever it asks: ``_request``, ``post``."""
    return _CARRIES.issuperset(words(name))


@cache
def only_reads(name: str) -> bool:
    """Whether a function of this name only asks: ``list_orders``, ``stk_query``, ``get_transfer``."""
    parts = words(name)
    if not parts or not _DOES.isdisjoint(parts) or not {"and", "or"}.isdisjoint(parts):
        return False
    if parts[0] in _READS_FIRST or parts[-1] in _READS_LAST:
        return True
    return parts[-1] == "balance" and not any(map(is_verb_of_movement, parts))


@cache
def asks_to_spend(name: str) -> bool:
    """Whether a function of this name asks for money to move: ``create_debit``, ``buy_token``, ``top_up``."""
    parts = words(name)
    return bool(parts) and (
        (asks_to_move(name) and parts[0] not in _TAKES_BACK)
        or parts[0] in _SPENDS
        or parts[:2] == ("top", "up")
    )


def _asks(names: Sequence[str]) -> bool:
    """Whether a name on the way asks for money to move, and none after it is of something on the side."""
    at = max((number for number, name in enumerate(names) if asks_to_spend(name)), default=None)
    return (
        at is not None
        and words(names[at])[-1] not in _ASIDE - {"token"}
        and all(_ASIDE.isdisjoint(words(name)) for name in names[at + 1 :])
    )


@cache
def _is_about_bills(name: str) -> bool:
    return names_provider(name) or not _BILLS.isdisjoint(words(name))


__all__ = ["asks_to_spend", "carries", "counts", "only_reads"]
