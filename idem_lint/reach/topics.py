"""What the topic or the type of a message says: whether who sends it asks for money to move, or tells that it has."""

from __future__ import annotations

from functools import cache

from idem_lint.reach.column_names import is_settled
from idem_lint.reach.name_words import words
from idem_lint.reach.named_like_money import says_money

_TOLD = frozenset(
    {"event", "notification", "audit", "log", "created", "failed", "notify", "email", "mail", "webhook"}
)
_ASKED = frozenset(
    {
        "capture",
        "charge",
        "credit",
        "debit",
        "disbursement",
        "payout",
        "refund",
        "reversal",
        "settlement",
        "topup",
        "transfer",
        "withdrawal",
    }
)
"""What is carried out once it is requested; a payment that is requested is one that somebody else decides on."""


@cache
def asks_by_topic(text: str) -> bool:
    """Whether a topic asks for money to move: ``payments.transfer``, ``TransferRequested``; not ``payment.created``."""
    parts = words(text)
    if " " in text or not says_money(text) or not _TOLD.isdisjoint(parts):
        return False
    if parts[-1] == "requested":
        return not _ASKED.isdisjoint(parts)
    return not is_settled(text) and not parts[-1].endswith(("ed", "sent", "paid", "made"))


__all__ = ["asks_by_topic"]
