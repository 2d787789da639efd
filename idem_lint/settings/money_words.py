"""The words that stand for money: ADR-007's five, and what each ``preset`` adds to them.

The runtime's ``idem_runtime/startup/money_words.py`` says the same; a test holds the two together.
"""

from __future__ import annotations

DEFAULT_DOMAINS = ("wallet", "payroll", "ewa", "lending", "savings")
"""ADR-007: a domain tagged ``scope:wallet|payroll|ewa|lending|savings``."""

ALIASES = {"lending": ("loan",), "bnpl": ("buy now pay later",)}
"""Other words for a domain, singular."""

_EXTENDED = ("bnpl", "bill-payment", "settlement", "payout", "webhook")

_MONEY = (
    "bnpl",
    "payment",
    "pay",
    "transfer",
    "transaction",
    "deposit",
    "withdraw",
    "withdrawal",
    "refund",
    "payout",
    "disbursement",
    "invoice",
    "checkout",
    "charge",
    "topup",
    "top up",
    "billing",
    "subscription",
    "remittance",
    "settlement",
    "mint",
    "melt",
    "swap",
    "escrow",
    "repayment",
)

PRESETS: dict[str, tuple[str, ...]] = {"adr007": (), "adr007-extended": _EXTENDED, "money": _MONEY}
"""What each preset adds to the five."""

DEFAULT_PRESET = "adr007"
