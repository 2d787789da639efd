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
        # Spanish, Portuguese, French, German
        "deposito",
        "emprestimo",
        "movimentacao",
        "movimiento",
        "pagamento",
        "pago",
        "paiement",
        "prestamo",
        "retiro",
        "saque",
        "transacao",
        "transaccion",
        "transferencia",
        "virement",
        "zahlung",
    }
)
"""What a row of money on its way is called."""
_SHORT = frozenset({"tx", "txn"})
"""Short words for a transaction, of a record alone: paths and topics have them of what is no money."""
_POSSIBLE = frozenset(
    {
        "bill",
        "capture",
        "dividend",
        "entry",
        "expense",
        "hold",
        "income",
        "interest",
        "journal",
        "leg",
        "movement",
        "order",
        "pledge",
        "posting",
        "receipt",
        "reservation",
        "saving",
    }
)
"""Heads that say money where the record has an amount and leads to what holds money."""
_PARTIES = frozenset(
    {
        "payer",
        "payee",
        "ower",
        "debtor",
        "creditor",
        "remitter",
        "beneficiary",
        "backer",
        "donor",
        "borrower",
        "lender",
        "sender",
        "recipient",
    }
)
_BOOKED = frozenset({"expense", "income", "saving", "dividend", "pledge"})
"""Heads of what somebody books for himself: to have an amount is enough."""
_SETTLEABLE = frozenset(
    {
        "bill",
        "booking",
        "claim",
        "commission",
        "debt",
        "due",
        "fee",
        "fine",
        "installment",
        "invoice",
        "order",
        "purchase",
        "subscription",
    }
)
_COLLECTIONS = frozenset({"batch", "request", "run"})
"""Heads of what many movements, or one to come, are kept under: settled, they are movements."""
"""What is no movement itself, and becomes one when its status says so."""
_GOODS = frozenset({"stock", "inventory", "warehouse", "goods", "file", "data", "domain"})
"""What stands before the name of a movement of something that is no money: ``StockTransfer``."""
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
    "ledger": frozenset({"payment", "credit", "point", "wallet", "cash", "coin", "transaction", "balance"}),
    "purchase": frozenset({"credit", "token", "coin", "share"}),
    "advance": frozenset({"salary", "wage", "cash", "payroll", "loan", "ewa"}),
}
_PARTS = frozenset({"line", "item", "entry", "row"})
"""Heads of what is a part of the thing before it: a ``PaymentLine`` is money where a ``Payment`` is."""
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
        "betrag",
        "importe",
        "montant",
        "monto",
        "quantia",
        "valor",
    }
)
_BALANCES = frozenset({"balance", "fund", "saldo", "solde", "guthaben", "kontostand"})
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
_BOUNDS = frozenset(
    {
        "min",
        "minimum",
        "max",
        "maximum",
        "low",
        "limit",
        "allow",
        "negative",
        "normal",
        "show",
        "hide",
        "trial",
    }
)
"""What stands before the word for a balance where a column is a rule about it: ``minimum_balance``."""
_HELD = frozenset(
    {"account", "available", "current", "held", "locked", "remaining", "saved", "total", "wallet"}
)
"""What may stand before ``amount`` in the column of something that holds money."""
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
    "credited",
    "debited",
    "executed",
    "processed",
    "reversed",
    "successful",
    "validated",
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


_KINDS = frozenset({"base", "db", "doc", "document", "entity", "model", "orm", "row", "schema", "table"})
"""Words at the end of a name that say how something is kept."""


def _without_kind(name: str) -> tuple[str, ...]:
    """The words of a name without how it is kept: ``ExpenseDB`` is an expense."""
    parts = words(name)
    while parts and parts[-1] in _KINDS:
        parts = parts[:-1]
    return parts


@cache
def is_movement(name: str) -> bool:
    """Whether a record of this name is money on its way, going by the head of the name."""
    parts = _without_kind(name)
    if not parts:
        return False
    *before, head = parts
    if not (_NOT_YET | _GOODS).isdisjoint(before):
        return False
    if head in _PARTS and before and before[-1] in MOVEMENTS and before[-1] not in _NEEDS_MONEY_BEFORE:
        return True
    needed = _NEEDS_MONEY_BEFORE.get(head)
    if needed is not None:
        return not needed.isdisjoint(before)
    if head in _SHORT:
        return True
    if head.rstrip("s") in {"out", "up"} and before:
        return before[-1] + head.rstrip("s") in {"payout", "cashout", "topup"}
    return head in MOVEMENTS


@cache
def may_be_movement(name: str) -> bool:
    """Whether a record of this name is money on its way, if its columns say so too."""
    parts = _without_kind(name)
    return bool(parts) and parts[-1] in _POSSIBLE


_NO_POSTING = frozenset({"account", "balance", "budget", "report", "summary", "template", "total"})
"""Heads of what has a column for debits and one for credits, and is a sum of them."""


@cache
def is_posting(name: str, columns: frozenset[str]) -> bool:
    """Whether a record is a line of a ledger, whatever it is called: it has debits and credits, or the balance after it."""
    parts = {words(column) for column in columns}
    if not {("debit",), ("credit",)} - parts and not _NO_POSTING.intersection(words(name)[-1:]):
        return True
    return any("balance" in part and not {"after", "before"}.isdisjoint(part) for part in parts) and any(
        map(is_amount, columns)
    )


@cache
def is_booked(name: str, columns: frozenset[str]) -> bool:
    """Whether a record is money that came or went, told by its name and an amount of its own: ``Expense``, ``Income``."""
    parts = _without_kind(name)
    return bool(parts) and parts[-1] in _BOOKED and not {"amount", "value", "sum"}.isdisjoint(columns)


@cache
def is_party(column: str) -> bool:
    """Whether a column of this name says who gave or got money."""
    return not _PARTIES.isdisjoint(words(column))


@cache
def is_settleable(name: str) -> bool:
    """Whether a record of this name is settled at some time."""
    parts = _without_kind(name)
    is_of_many = parts[-1:] != () and parts[-1] in _COLLECTIONS and not MOVEMENTS.isdisjoint(parts[:-1])
    return is_of_many or (bool(parts) and parts[-1] in _SETTLEABLE)


@cache
def is_invoice(name: str) -> bool:
    """Whether a record of this name is an invoice: its status says whether it is paid, and little else."""
    return _without_kind(name)[-1:] in {("invoice",), ("bill",)}


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
    if at is None or not _UNITS.issuperset(parts[at + 1 :]) or not _BOUNDS.isdisjoint(parts[:at]):
        return False
    return parts[at] != "fund" or _HELD.issuperset(parts[:at])  # ``open_fund`` is a rate


@cache
def is_credit(column: str) -> bool:
    """Whether a column of this name is what somebody has, if the record holds money."""
    parts = words(column)
    is_held = parts[-1:] in {("amount",), ("debit",)} and _HELD.issuperset(parts[:-1])
    return bool(parts) and (is_balance(column) or parts[-1] in _CREDITS or is_held)


_RUNNING = frozenset(
    {
        "cash",
        "collected",
        "contributed",
        "debt",
        "deposited",
        "disbursed",
        "donated",
        "due",
        "earned",
        "earning",
        "invested",
        "money",
        "outstanding",
        "owed",
        "paid",
        "pledged",
        "raised",
        "refunded",
        "repaid",
        "saved",
        "saving",
        "wallet",
        "withdrawn",
    }
)
"""What says, in the name of a column, how much there is by now."""
_NOW = frozenset({"available", "current", "left", "locked", "pending", "received", "remaining", "reserved"})
"""What says so together with a word for an amount or for credits."""
_RAW = frozenset({"amount", "cent", "principal", "sum"})
_NO_AMOUNT = frozenset(
    {
        "at",
        "by",
        "count",
        "course",
        "date",
        "day",
        "flag",
        "has",
        "hour",
        "id",
        "item",
        "leave",
        "minute",
        "month",
        "number",
        "on",
        "percent",
        "quantity",
        "rate",
        "second",
        "time",
        "until",
        "week",
        "year",
    }
)


@cache
def is_running(column: str) -> bool:
    """Whether a column of this name says how much money there is by now, if something is added to it."""
    parts = set(words(column))
    if not parts.isdisjoint(_NO_AMOUNT):
        return False
    has_amount = not parts.isdisjoint(_RAW) or counts_credits(column)
    return (
        not parts.isdisjoint(_RUNNING)
        or words(column)[-1:] == ("credit",)
        or (has_amount and not parts.isdisjoint(_NOW))
    )


@cache
def counts_credits(column: str) -> bool:
    """Whether a column of this name counts what can be spent piece by piece: ``credits_left``."""
    return not {"credit", "coin"}.isdisjoint(words(column))


@cache
def is_purse(column: str) -> bool:
    """Whether a column of this name is what somebody has, and nothing else: ``cash``, ``money``, ``coins``."""
    parts = words(column)
    return len(parts) == 1 and parts[0] in {"cash", "money", "coin", "credit"}


@cache
def is_held_by(name: str) -> bool:
    """Whether a class of this name holds money, going by its head: ``SavingsAccount``, not ``AccountReport``."""
    return _without_kind(name)[-1:] in {(word,) for word in _HOLDING}


_HOLDING = frozenset({"account", "wallet", "purse", "vault"})


_FORMER = frozenset({"former", "initial", "last", "old", "original", "prev", "previous"})
"""What stands before the name of a column that remembers another one."""


@cache
def is_status(column: str) -> bool:
    """Whether a column of this name says how far a movement is."""
    parts = words(column)
    says_how_much = not (_RAW | {"total", "value", "balance"}).isdisjoint(parts)  # ``amount_paid``
    is_former = bool(parts) and parts[0] in _FORMER  # ``_last_state``
    return (
        bool(parts) and not says_how_much and not is_former and (parts[-1] in _STATUS or parts[-1] in _DONE)
    )


_TIMES = frozenset({"at", "date", "on", "time"})


@cache
def is_time_of_end(column: str) -> bool:
    """Whether a column of this name says when a movement came to its end: ``paid_at``, ``refunded_on``."""
    parts = words(column)
    return len(parts) == 2 and parts[0] in _SETTLED and parts[1] in _TIMES


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


@cache
def is_money_table(name: str) -> bool:
    """Whether a table of this name holds movements, going by the head of its name."""
    return is_movement(name)
