"""Which names of functions and methods ask for money to move, and which only prepare for it."""

from __future__ import annotations

from functools import cache

from idem_lint.reach.name_words import words
from idem_lint.reach.record_names import is_movement

_MOVING = frozenset(
    {
        "pay",
        "charge",
        "transfer",
        "refund",
        "withdraw",
        "deposit",
        "disburse",
        "redeem",
        "send",
        "settle",
        "topup",
    }
)


@cache
def speaks_of_moving(name: str) -> bool:
    """Whether a name has a verb of movement: ``pay_invoice``, ``/checkout/charge``."""
    return not (_MOVING - {"send"}).isdisjoint(words(name))


_ASKS = frozenset(
    {
        "book",
        "cancel",
        "complete",
        "create",
        "execute",
        "initiate",
        "make",
        "perform",
        "post",
        "process",
        "record",
        "release",
        "send",
        "settle",
        "start",
        "submit",
    }
)
_BEGINS = (_MOVING - {"send"}) | {"capture", "debit", "mint", "payout", "spend"}
_PREPARES = frozenset({"initialize", "quote", "preview", "estimate", "simulate", "validate"})


@cache
def only_prepares(name: str) -> bool:
    """Whether a function of this name ends before money moves: ``initialize_payment`` gives a page to pay at."""
    return not _PREPARES.isdisjoint(words(name))


_ACCESS = frozenset(
    {"access", "api", "auth", "bearer", "csrf", "jwt", "key", "login", "refresh", "session", "user"}
)
"""What a token is called that lets somebody in, and is minted, too."""


@cache
def asks_to_move(name: str) -> bool:
    """Whether a method of this name asks somebody to move money: ``charge_offline``, ``initiate_payment``, ``checkout``."""
    parts = words(name)
    if parts[:1] == ("mint",) and not _ACCESS.isdisjoint(parts):
        return False
    return bool(parts) and (
        parts[0] in _BEGINS
        or parts == ("checkout",)
        or (parts[0] in _ASKS and (is_movement(name) or parts[-1] in _BEGINS))
    )


@cache
def is_verb_of_movement(word: str) -> bool:
    """Whether a word says that money goes somewhere: ``transfer``, ``refund``, ``capture``."""
    return word in _BEGINS


@cache
def is_order(name: str) -> bool:
    """Whether a method of this name places an order: ``place_order``, ``create_market_order``, ``market_open``."""
    parts = words(name)
    if "order" in parts:
        return parts == ("order",) or not _PLACES.isdisjoint(parts)
    return len(parts) > 1 and parts[0] == "market" and parts[-1] in {"open", "close", "buy", "sell"}


@cache
def is_about_trade(name: str) -> bool:
    """Whether a name says that something is bought and sold at an exchange or a broker, where an order spends."""
    return not _TRADE.isdisjoint(words(name))


_TRADE = frozenset(
    {
        "alpaca",
        "binance",
        "broker",
        "brokerage",
        "bybit",
        "ccxt",
        "coinbase",
        "crypto",
        "equity",
        "exchange",
        "forex",
        "future",
        "hyperliquid",
        "ibkr",
        "kraken",
        "margin",
        "okx",
        "perp",
        "perpetual",
        "portfolio",
        "spot",
        "stock",
        "trade",
        "trader",
        "trading",
    }
)
_PLACES = frozenset(
    {"place", "create", "submit", "market", "limit", "stop", "send", "new", "bulk", "buy", "sell", "replace"}
)
