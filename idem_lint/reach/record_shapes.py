"""Records that are money by what they have, whatever they are called."""

from __future__ import annotations

from functools import cache

from idem_lint.reach.column_names import is_amount
from idem_lint.reach.name_words import words

_SELLERS = frozenset({"merchant", "payee", "shop", "vendor"})
_ENTRIES = frozenset({"entry", "record"})
_PAYS = frozenset({"paid", "pay", "payment"})
_NOT_YET = frozenset({"method", "mandate", "plan", "profile", "request", "rule", "template"})


@cache
def is_spent(name: str, columns: frozenset[str]) -> bool:
    """Whether a record is something that was bought, as people book it: an entry with an amount, a date and a merchant."""
    said = {words(column)[-1:] for column in columns}
    return (
        words(name)[-1:] in {(head,) for head in _ENTRIES}
        and not said.isdisjoint({(seller,) for seller in _SELLERS})
        and ("date",) in said
        and any(map(is_amount, columns))
    )


@cache
def is_paid(name: str, columns: frozenset[str]) -> bool:
    """Whether a record is a payment: it has an amount, says who paid, and on which day."""
    parts = {words(column) for column in columns}
    has_payer = any(
        "payer" in part or (part[-1:] == ("by",) and not _PAYS.isdisjoint(part)) for part in parts
    )
    has_day = any(not {"date", "at", "on"}.isdisjoint(part) and not _PAYS.isdisjoint(part) for part in parts)
    is_one = _NOT_YET.isdisjoint(words(name)[-1:])
    return is_one and has_payer and has_day and any(map(is_amount, columns))


__all__ = ["is_paid", "is_spent"]
