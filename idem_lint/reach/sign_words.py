"""The words by which signs of money are told (:mod:`idem_lint.reach.signs`): each says little, and counts beside others."""

from __future__ import annotations

import re
from functools import cache

from idem_lint.reach.action_names import asks_to_move, only_prepares, speaks_of_moving
from idem_lint.reach.name_words import words
from idem_lint.reach.named_like_money import PROVIDERS
from idem_lint.reach.record_names import MOVEMENTS, is_movement, may_be_movement
from idem_lint.reach.weighed import asks_to_spend, only_reads

_MOVES = MOVEMENTS | {
    "buy",
    "capture",
    "cash",
    "cashout",
    "credit",
    "debit",
    "disburse",
    "donate",
    "fund",
    "melt",
    "mint",
    "pay",
    "purchase",
    "recharge",
    "redeem",
    "reimburse",
    "remit",
    "repay",
    "reverse",
    "settle",
    "spend",
    "topup",
    "withdraw",
}
"""What a handler is named that moves money."""
_THINGS = MOVEMENTS | {
    "balance",
    "bill",
    "bounty",
    "budget",
    "coin",
    "dividend",
    "entry",
    "expense",
    "fund",
    "income",
    "invoice",
    "journal",
    "ledger",
    "money",
    "order",
    "point",
    "receipt",
    "saving",
    "token",
    "trade",
    "wallet",
}
_MAKES = frozenset(
    """
    add approve book complete confirm create do execute handle import initiate issue make mark new open perform place
    post process record register save send start store submit update
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)
_READS = frozenset(
    """
    analyze balance calculate check compare compute dashboard decode describe detail download estimate export fetch
    filter find forecast get health history info list lookup parse predict preview print query quote read report
    retrieve return search show simulate stat statement status suggest summarize summary test validate verify view
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)
_PREPARES = frozenset(
    {
        "consent",
        "estimate",
        "initialize",
        "link",
        "preview",
        "quote",
        "schedule",
        "simulate",
        "validate",
        "verify",
    }
)
_STOPS = frozenset(
    {
        "archive",
        "cancel",
        "clear",
        "decline",
        "delete",
        "disable",
        "enable",
        "expire",
        "reject",
        "remove",
        "revoke",
        "toggle",
        "void",
    }
)
_CONFIGURES = frozenset(
    """
    account address auth bank beneficiary card cart category comment config configuration connect coupon currency
    customer discount email image intent invite item key label limit link login mail mandate member message method
    note notification notify page password permission plan policy price product profile rate recipient register
    reminder rename request role rule session setting setup sync tag tax template token upload user wallet webhook
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)
_TELLS = frozenset({"callback", "hook", "ipn", "notify", "webhook"})
_PAYERS = _THINGS | {
    "account",
    "acquirer",
    "api",
    "backend",
    "bank",
    "broker",
    "chain",
    "client",
    "contract",
    "daraja",
    "engine",
    "exchange",
    "gateway",
    "lnd",
    "manager",
    "mpesa",
    "node",
    "paypal",
    "processor",
    "provider",
    "psp",
    "rail",
    "rpc",
    "sdk",
    "service",
    "signer",
    "stripe",
    "treasury",
}
"""What somebody is named who is asked to move money."""
_ASIDE = frozenset(
    {
        "email",
        "form",
        "format",
        "log",
        "logger",
        "mail",
        "print",
        "render",
        "response",
        "schema",
        "serializer",
        "str",
        "url",
    }
)
_AMOUNTS = frozenset(
    {
        "amount",
        "cent",
        "kobo",
        "lamport",
        "monto",
        "msat",
        "price",
        "qty",
        "quantity",
        "sat",
        "satoshi",
        "stake",
        "total",
        "valor",
        "wei",
    }
)
_REFERENCES = frozenset({"hash", "ref", "reference", "tx", "txhash", "txid", "txn"})
_PAGE = re.compile(
    r"(approval|approve|authorization|checkout|pay|payment|redirect)_?(link|page|url)|bolt11|client_secret|payment_request|qr",
    re.IGNORECASE,
)
_NAMED_BY_CLASS = frozenset(
    """
    __call__ call_tool create dispatch execute form_valid get handle handler index main mutate perform_create post put
    run update view
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)
"""Names of methods that say nothing of what they do: the class does."""


@cache
def own_name(qualname: str) -> str:
    """What a handler is called: its function, and the class around it where the function says nothing."""
    *around, name = qualname.replace(".<locals>", "").split(".")
    return f"{around[-1]} {name}" if around and name.lower() in _NAMED_BY_CLASS else name


@cache
def names_movement(name: str) -> bool:
    """Whether a handler of this name moves money, going by one of its words: ``refund_order``, ``PayoutView``."""
    return not _MOVES.isdisjoint(words(name))


@cache
def makes_money(name: str) -> bool:
    """Whether a handler of this name makes a thing of money: ``record_expense``."""
    parts = words(name)
    return not _MAKES.isdisjoint(parts) and not _THINGS.isdisjoint(parts)


@cache
def begins_with_reading(text: str) -> bool:
    """Whether a name, or the first line of a docstring, begins as that of something that only reads."""
    return not _READS.isdisjoint(words(text)[:1])


@cache
def prepares(name: str) -> bool:
    """Whether a handler of this name ends before money moves."""
    return not _PREPARES.isdisjoint(words(name))


@cache
def stops(name: str) -> bool:
    """Whether a handler of this name takes something away: ``cancel_transfer``."""
    return not _STOPS.isdisjoint(words(name))


@cache
def ends_in_configuration(name: str) -> bool:
    """Whether a name ends in what is only configured: ``add_payment_method``."""
    return not _CONFIGURES.isdisjoint(words(name)[-1:])


@cache
def is_told(name: str) -> bool:
    """Whether a handler of this name is told what happened elsewhere: ``stripe_webhook``."""
    return not _TELLS.isdisjoint(words(name))


def of_providers(names: str) -> bool:
    """Whether one of these words is the name of somebody who moves money for others."""
    return not PROVIDERS.isdisjoint(words(names))


@cache
def moves(name: str) -> bool:
    """Whether a function of this name asks for money to move, and does more than ask."""
    return (
        (asks_to_move(name) or asks_to_spend(name) or speaks_of_moving(name))
        and not only_reads(name)
        and not only_prepares(name)
    )


@cache
def is_aside(name: str) -> bool:
    """Whether a part of a call's name is of what stands beside a payment: a log, a form, a mail."""
    return not _ASIDE.isdisjoint(words(name))


@cache
def is_payer(name: str) -> bool:
    """Whether somebody of this name may be asked to move money: ``gateway``, ``self.wallet``."""
    return not _PAYERS.isdisjoint(words(name))


@cache
def is_money_record(name: str) -> bool:
    """Whether a class or collection of this name holds movements, going by its name alone."""
    if words(name)[-1:] == ("schema",):
        return False  # it reads what a request says
    return is_movement(name) or (may_be_movement(name) and "order" not in words(name))


@cache
def is_plain_amount(name: str) -> bool:
    """Whether a name is that of an amount, and of nothing else that may be counted."""
    return not _AMOUNTS.isdisjoint(words(name))


@cache
def is_reference(name: str) -> bool:
    """Whether a name is what a movement is known by elsewhere: ``tx_hash``, ``reference``."""
    return not _REFERENCES.isdisjoint(words(name))


@cache
def is_page(name: str) -> bool:
    """Whether a name is that of where a payer goes to pay: ``checkout_url``."""
    return _PAGE.search(name) is not None


__all__ = [
    "begins_with_reading",
    "ends_in_configuration",
    "is_aside",
    "is_money_record",
    "is_page",
    "is_payer",
    "is_plain_amount",
    "is_reference",
    "is_told",
    "makes_money",
    "moves",
    "names_movement",
    "of_providers",
    "own_name",
    "prepares",
    "stops",
]
