"""Which names of handlers, tables, topics and paths say money, and which say that something is only read."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from idem_lint.reach.name_words import words
from idem_lint.reach.record_names import MOVEMENTS, NEEDS_MONEY_BEFORE


@cache
def says_money(text: str) -> bool:
    """Whether a table, a topic or a path is named like money that moves."""
    parts = words(text)
    return any(part in MOVEMENTS and part not in NEEDS_MONEY_BEFORE for part in parts) or any(
        (one + two) in {"payout", "cashout", "topup"} for one, two in pairwise(parts)
    )


_SUGGESTS = frozenset(
    [
        "approve",
        "balance",
        "bid",
        "bill",
        "billing",
        "buy",
        "callback",
        "capture",
        "cashout",
        "channel",
        "charge",
        "checkout",
        "claim",
        "credit",
        "debit",
        "deposit",
        "disburse",
        "disbursement",
        "donate",
        "donation",
        "escrow",
        "expense",
        "fund",
        "invoice",
        "ipn",
        "issue",
        "journal",
        "ledger",
        "loan",
        "melt",
        "mint",
        "notify",
        "order",
        "pay",
        "payee",
        "payer",
        "paylater",
        "payment",
        "payout",
        "payroll",
        "purchase",
        "redeem",
        "refund",
        "release",
        "reversal",
        "reverse",
        "send",
        "settle",
        "settlement",
        "stake",
        "subscribe",
        "subscription",
        "swap",
        "sweep",
        "topup",
        "trade",
        "transact",
        "transaction",
        "transfer",
        "unstake",
        "wallet",
        "webhook",
        "withdraw",
        "withdrawal",
    ]
)
PROVIDERS = frozenset(
    [
        "adyen",
        "braintree",
        "coinbase",
        "daraja",
        "dwolla",
        "flutterwave",
        "gocardless",
        "klarna",
        "mollie",
        "momo",
        "mpesa",
        "paddle",
        "paypal",
        "paystack",
        "plaid",
        "razorpay",
        "sepa",
        "square",
        "stripe",
        "wise",
        "xendit",
    ]
)
"""Words for those who move money for others."""


@cache
def names_provider(text: str) -> bool:
    """Whether a name is that of somebody who moves money for others: ``StripeWebhook``."""
    return not PROVIDERS.isdisjoint(words(text))


@cache
def suggests_money(text: str) -> bool:
    """Whether a handler of this name may have to do with money: enough to look at it, and no more than that."""
    parts = words(text)
    if not {"quote", "preview", "estimate", "simulate"}.isdisjoint(parts):
        return False
    return not (_SUGGESTS | PROVIDERS).isdisjoint(parts) or any(
        (one + two) in {"payout", "cashout", "topup", "paylater"} for one, two in pairwise(parts)
    )


_READS = frozenset(
    {
        "link",
        "initialize",
        "quote",
        "preview",
        "estimate",
        "validate",
        "status",
        "search",
        "list",
        "get",
        "check",
        "verify",
    }
)


@cache
def only_reads(text: str) -> bool:
    """Whether the name of a path, a procedure or a method says that it only asks."""
    return not _READS.isdisjoint(words(text))
