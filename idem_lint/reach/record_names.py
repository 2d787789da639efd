"""Which names of classes and tables say money. A name alone decides nothing; records do, by their columns."""

from __future__ import annotations

from functools import cache

from idem_lint.reach.column_names import is_amount, is_credit
from idem_lint.reach.name_words import without_kind, words

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
        # Spanish, Portuguese, French, Italian, German, Dutch, Polish, Indonesian, Turkish
        "abono",
        "auszahlung",
        "betaling",
        "bonifico",
        "cobranca",
        "cobro",
        "donacion",
        "doacao",
        "einzahlung",
        "gutschrift",
        "incasso",
        "odeme",
        "pembayaran",
        "platnosc",
        "prelievo",
        "recarga",
        "reembolso",
        "remboursement",
        "rimborso",
        "storting",
        "transaksi",
        "ueberweisung",
        "versamento",
        "versement",
        "wplata",
        "wyplata",
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
_BOOKED = frozenset(
    {
        "dividend",
        "expense",
        "income",
        "pledge",
        "revenue",
        "saving",
        # Spanish, Portuguese, French, Italian, German
        "ausgabe",
        "depense",
        "despesa",
        "egreso",
        "einnahme",
        "gasto",
        "ingreso",
        "spesa",
    }
)
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
NEEDS_MONEY_BEFORE = {
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


@cache
def is_movement(name: str) -> bool:
    """Whether a record of this name is money on its way, going by the head of the name."""
    parts = without_kind(name)
    if not parts:
        return False
    *before, head = parts
    if not (_NOT_YET | _GOODS).isdisjoint(before):
        return False
    if head in _PARTS and before and before[-1] in MOVEMENTS and before[-1] not in NEEDS_MONEY_BEFORE:
        return True
    needed = NEEDS_MONEY_BEFORE.get(head)
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
    parts = without_kind(name)
    return bool(parts) and parts[-1] in _POSSIBLE


_HOW_MUCH = frozenset({"amount", "betrag", "importe", "importo", "montant", "monto", "sum", "value", "valor"})
_NO_POSTING = frozenset({"account", "balance", "budget", "report", "summary", "template", "total"})
"""Heads of what has a column for debits and one for credits, and is a sum of them."""


@cache
def is_posting(name: str, columns: frozenset[str]) -> bool:
    """Whether a record is a line of a ledger, whatever it is called: it has debits and credits, or the balance after it."""
    parts = {words(column) for column in columns}
    if not {("debit",), ("credit",)} - parts and not _NO_POSTING.intersection(words(name)[-1:]):
        return True
    return any(map(_is_balance_after, parts)) and any(map(is_amount, columns))


_AFTER = frozenset({"after", "before", "resulting", "running"})
_AFTER_SALDO = frozenset({"anterior", "novo", "nuevo", "posterior"})
"""What says of a ``saldo`` that it is the one before a movement, or after it."""


def _is_balance_after(column: tuple[str, ...]) -> bool:
    return ("balance" in column and not _AFTER.isdisjoint(column)) or (
        "saldo" in column and not _AFTER_SALDO.isdisjoint(column)
    )


@cache
def is_booked(name: str, columns: frozenset[str]) -> bool:
    """Whether a record is money that came or went, told by its name and an amount of its own: ``Expense``, ``Income``."""
    parts = without_kind(name)
    if len(parts) > 1 and parts[-1] in _PARTS and parts[-2] in _BOOKED:
        return not {"amount", "value", "sum", "total"}.isdisjoint(columns)  # ``ExpenseItem``
    return bool(parts) and parts[-1] in _BOOKED and not _HOW_MUCH.isdisjoint(columns)


@cache
def is_party(column: str) -> bool:
    """Whether a column of this name says who gave or got money."""
    return not _PARTIES.isdisjoint(words(column))


@cache
def is_settleable(name: str) -> bool:
    """Whether a record of this name is settled at some time."""
    parts = without_kind(name)
    is_of_many = parts[-1:] != () and parts[-1] in _COLLECTIONS and not MOVEMENTS.isdisjoint(parts[:-1])
    return is_of_many or (bool(parts) and parts[-1] in _SETTLEABLE)


@cache
def is_invoice(name: str) -> bool:
    """Whether a record of this name is an invoice: its status says whether it is paid, and little else."""
    return without_kind(name)[-1:] in {("invoice",), ("bill",)}


@cache
def is_holder(name: str) -> bool:
    """Whether a record of this name may hold money."""
    return not HOLDERS.isdisjoint(words(name))


@cache
def is_held_by(name: str) -> bool:
    """Whether a class of this name holds money, going by its head: ``SavingsAccount``, not ``AccountReport``."""
    return without_kind(name)[-1:] in {(word,) for word in _HOLDING}


_HOLDING = frozenset({"account", "wallet", "purse", "vault"})


@cache
def is_stored_value(name: str) -> bool:
    """Whether a class of this name is issued with money in it, and spent bit by bit: ``GiftCard``, ``Voucher``."""
    return without_kind(name)[-1:] in {("voucher",), ("card",), ("certificate",)}


@cache
def has_one_amount(name: str, columns: frozenset[str]) -> bool:
    """Whether a record that holds money has a single column for how much, which is called no more than ``value``."""
    others = (column for column in columns if is_credit(column) and column not in _CURRENCIES)
    return is_held_by(name) and "value" in columns and not any(others)


_CURRENCIES = frozenset({"coin", "coins"})
"""What leads to the currency of a wallet, where how much there is stands in another column."""


@cache
def is_money_table(name: str) -> bool:
    """Whether a table of this name holds movements, going by the head of its name."""
    return is_movement(name)
