"""Which names say of a row, whatever it is, that its money has come or gone: ``is_paid``, ``payment_status``, ``paid_at``.

An order that is *completed* may be one whose goods have arrived; one that is *paid* is a transaction of the ledger.
"""

from __future__ import annotations

from functools import cache

from idem_lint.reach.column_names import PAID_ELSEWHERE, is_settled, is_status
from idem_lint.reach.name_words import words

_PAID = frozenset(
    {
        "captured",
        "charged",
        "disbursed",
        "paid",
        "payed",
        "refunded",
        "reimbursed",
        "repaid",
    }
    | PAID_ELSEWHERE
)
_PAYMENT = frozenset({"pay", "payment"})
_CAME = frozenset({"done", "made", "received"})
_TIMES = frozenset({"at", "date", "datetime", "on", "time", "timestamp"})
_NEGATED = frozenset({"un", "not", "non", "never", "in", "to", "can", "should", "must", "could"})
_TELLS = frozenset(
    {
        "audit",
        "event",
        "history",
        "log",
        "message",
        "notification",
        "reading",
        "report",
        "snapshot",
        "webhook",
    }
)
"""Heads of what tells of money and is none."""


@cache
def says_paid(text: str) -> bool:
    """Whether a status or the name of a flag says that money has come or gone: ``"paid"``, ``payment_received``."""
    parts = set(words(text))
    came = not _PAYMENT.isdisjoint(parts) and not _CAME.isdisjoint(parts)
    return (came or not _PAID.isdisjoint(parts)) and _NEGATED.isdisjoint(parts)


@cache
def is_paid_flag(column: str) -> bool:
    """Whether a column of this name says yes or no of a payment without a word for a status: ``payment_made``."""
    return says_paid(column) and words(column)[-1:] != () and words(column)[-1] in _CAME


@cache
def is_status_of_payment(column: str) -> bool:
    """Whether a column of this name says how far the payment for something is: ``payment_status``."""
    return is_status(column) and not _PAYMENT.isdisjoint(words(column))


@cache
def is_time_of_payment(column: str) -> bool:
    """Whether a column of this name says when money came or went: ``paid_at``, ``payment_date``, ``date_paid``."""
    parts = set(words(column))
    return len(parts) == 2 and not _TIMES.isdisjoint(parts) and not (_PAID | _PAYMENT).isdisjoint(parts)


@cache
def ends_paid(column: str, status: object) -> bool:
    """Whether to give this status to a column says of anything that its money has come or gone."""
    if status is True:
        return says_paid(column)
    if not isinstance(status, str) or not _NEGATED.isdisjoint(words(status)):
        return False
    return says_paid(status) or (is_status_of_payment(column) and is_settled(status))


@cache
def only_tells(name: str) -> bool:
    """Whether a record of this name tells of money, and is none: ``PaymentLog``."""
    return not _TELLS.isdisjoint(words(name)[-1:])


__all__ = [
    "ends_paid",
    "is_paid_flag",
    "is_status_of_payment",
    "is_time_of_payment",
    "only_tells",
    "says_paid",
]
