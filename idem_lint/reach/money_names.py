"""Which names say money: of classes, columns, tables and paths. A name alone decides nothing; records do, by their columns.

Words are compared in lower case and without a plural ``s``. The *head* of a name is its last word, which says what the
thing is: a ``PaymentMethod`` is a method.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

MOVEMENTS = frozenset(
    {
        "payment",
        "transfer",
        "transaction",
        "deposit",
        "withdrawal",
        "payout",
        "refund",
        "charge",
        "chargeback",
        "disbursement",
        "remittance",
        "settlement",
        "posting",
        "topup",
        "credit",
        "debit",
        "loan",
        "repayment",
        "donation",
        "swap",
        "tip",
        "bet",
        "stake",
        "escrow",
        "reversal",
        "cashout",
        "payroll",
        "payslip",
        "redemption",
        "contribution",
        "installment",
        "advance",
        "mint",
        "melt",
        "allocation",
        "reimbursement",
        "cashback",
    }
)
"""What a row of money on its way is called."""
_POSSIBLE = frozenset(
    {
        "bill",
        "capture",
        "entry",
        "expense",
        "hold",
        "interest",
        "journal",
        "leg",
        "movement",
        "order",
        "posting",
        "reservation",
    }
)
"""Heads that say money where the record has an amount and leads to what holds money."""
_PARTIES = frozenset({"payer", "payee", "ower", "debtor", "creditor", "remitter", "beneficiary"})
_SETTLEABLE = frozenset(
    {"invoice", "order", "bill", "purchase", "claim", "booking", "subscription", "installment"}
)
"""What is no movement itself, and becomes one when its status says so."""
_NOT_YET = frozenset({"staged", "draft", "sample", "mock", "example", "template"})
"""What stands before the name of a movement that is none yet."""
_NEEDS_MONEY_BEFORE = {
    "mint": frozenset({"token", "coin", "ecash", "credit"}),
    "entry": frozenset({"ledger", "journal", "account", "accounting", "wallet", "money", "cash", "balance"}),
    "leg": frozenset({"transaction", "ledger", "money", "account"}),
    "hold": frozenset({"wallet", "fund", "balance", "account", "payment", "card", "money"}),
    "capture": frozenset({"payment", "card", "charge"}),
    "movement": frozenset({"money", "cash", "wallet", "account", "balance", "fund"}),
    "allocation": frozenset({"payment", "cash", "credit", "fund", "transaction"}),
    "journal": frozenset({"account", "accounting", "ledger"}),
    "line": frozenset({"ledger", "journal", "transaction", "posting"}),
    "record": frozenset({"ledger", "payment", "transaction", "transfer", "deposit", "withdrawal"}),
    "mutation": frozenset({"wallet", "balance", "account"}),
    "operation": frozenset({"wallet", "balance", "account", "payment", "money", "ledger"}),
    "split": frozenset({"transaction", "ledger", "payment"}),
    "purchase": frozenset({"credit", "token", "coin", "share"}),
    "advance": frozenset({"salary", "wage", "cash", "payroll", "loan", "ewa"}),
}
"""Heads that say money only behind one of these words."""
HOLDERS = frozenset(
    {"account", "wallet", "balance", "purse", "ledger", "vault", "treasury", "pot", "card", "voucher", "user"}
)
"""What holds money: its balance counts, not that it is made."""
_AMOUNTS = frozenset(
    {
        "amount",
        "total",
        "sum",
        "value",
        "cent",
        "sat",
        "msat",
        "gross",
        "net",
        "debit",
        "credit",
        "balance",
        "principal",
        "price",
        "fee",
        "quantity",
        "money",
        "coin",
        "satoshi",
        "lamport",
        "wei",
        "pence",
        "kobo",
        "paid",
        "cost",
        "due",
        "pay",
        "subtotal",
    }
)
_BALANCES = frozenset({"balance", "fund", "saldo"})
_UNITS = frozenset(
    {
        "cent",
        "amount",
        "minor",
        "unit",
        "sat",
        "msat",
        "usd",
        "eur",
        "gbp",
        "kobo",
        "value",
        "total",
        "available",
    }
)
"""What may stand behind the word for a balance, so that it is still one: ``balance_cents``."""
_CREDITS = frozenset({"credit", "coin", "point", "satoshi", "sat", "msat"})
_SETTLED = frozenset(
    {
        "paid",
        "settled",
        "posted",
        "refunded",
        "captured",
        "completed",
        "succeeded",
        "success",
        "disbursed",
        "charged",
        "redeemed",
        "withdrawn",
        "transferred",
        "released",
        "complete",
        "funded",
        "repaid",
    }
)
_DONE = _SETTLED | {
    "approved",
    "cleared",
    "collected",
    "confirmed",
    "executed",
    "processed",
    "reversed",
    "successful",
}
"""What a status says of a movement that is done; of an order it may say less."""
_STATUS = frozenset({"status", "state", "paid", "settled", "refunded", "captured", "posted"})


@cache
def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case and singular: ``BankTransfers`` is ``bank``, ``transfer``."""
    return tuple(_singular(word.lower()) for word in _WORD.findall(name))


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us")) and len(word) > 3:
        return word[:-1]
    return word


@cache
def is_movement(name: str) -> bool:
    """Whether a record of this name is money on its way, going by the head of the name."""
    parts = words(name)
    while parts and parts[-1] in {
        "model",
        "orm",
        "row",
        "db",
        "table",
        "schema",
        "entity",
        "doc",
        "document",
        "base",
    }:
        parts = parts[:-1]
    if not parts:
        return False
    *before, head = parts
    if not _NOT_YET.isdisjoint(before):
        return False
    needed = _NEEDS_MONEY_BEFORE.get(head)
    if needed is not None:
        return not needed.isdisjoint(before)
    if head.rstrip("s") in {"out", "up"} and before:
        return before[-1] + head.rstrip("s") in {"payout", "cashout", "topup"}
    return head in MOVEMENTS


@cache
def may_be_movement(name: str) -> bool:
    """Whether a record of this name is money on its way, if its columns say so too."""
    parts = words(name)
    return bool(parts) and parts[-1] in _POSSIBLE


@cache
def is_party(column: str) -> bool:
    """Whether a column of this name says who gave or got money."""
    return not _PARTIES.isdisjoint(words(column))


@cache
def is_settleable(name: str) -> bool:
    """Whether a record of this name is settled at some time."""
    parts = words(name)
    return bool(parts) and parts[-1] in _SETTLEABLE


@cache
def is_holder(name: str) -> bool:
    """Whether a record of this name may hold money."""
    return not HOLDERS.isdisjoint(words(name))


@cache
def is_amount(column: str) -> bool:
    """Whether a column of this name may be an amount of money."""
    return not _AMOUNTS.isdisjoint(words(column))


@cache
def is_balance(column: str) -> bool:
    """Whether a column of this name is what somebody has."""
    parts = words(column)
    at = next((place for place, part in enumerate(parts) if part in _BALANCES), None)
    return at is not None and _UNITS.issuperset(parts[at + 1 :])


@cache
def is_credit(column: str) -> bool:
    """Whether a column of this name is what somebody has, if the record holds money."""
    parts = words(column)
    return bool(parts) and (is_balance(column) or parts[-1] in _CREDITS or parts[-1] in {"amount", "debit"})


@cache
def is_status(column: str) -> bool:
    """Whether a column of this name says how far a movement is."""
    parts = words(column)
    return bool(parts) and (parts[-1] in _STATUS or parts[-1] in _DONE)


@cache
def is_settled(value: str) -> bool:
    """Whether a status of this name says that money has moved."""
    return not _SETTLED.isdisjoint(words(value)) and not {"un", "not", "in"} & set(words(value))


@cache
def is_done(value: str) -> bool:
    """Whether a status of this name says that a movement is done."""
    return not _DONE.isdisjoint(words(value)) and not {"un", "not", "in"} & set(words(value))


@cache
def says_money(text: str) -> bool:
    """Whether a table, a topic or a path is named like money that moves."""
    parts = words(text)
    return any(part in MOVEMENTS and part not in _NEEDS_MONEY_BEFORE for part in parts) or any(
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


@cache
def asks_to_move(name: str) -> bool:
    """Whether a method of this name asks somebody to move money: ``charge_offline``, ``initiate_payment``, ``checkout``."""
    parts = words(name)
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


@cache
def is_money_table(name: str) -> bool:
    """Whether a table of this name holds movements, going by the head of its name."""
    return is_movement(name)
