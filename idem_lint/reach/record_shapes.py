"""Records that are money by what they have, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from idem_lint.reach.column_names import is_amount
from idem_lint.reach.name_words import words
from idem_lint.reach.paid_words import only_tells

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


_ENDS = {
    "from": "to",
    "source": "destination",
    "src": "dst",
    "origin": "destination",
    "debit": "credit",
    "debited": "credited",
    "payer": "payee",
    "sender": "receiver",
    "remitter": "beneficiary",
    "debtor": "creditor",
}
"""What one end of a movement is called, and the other."""
_OTHER_WORDS = {"receiver": "recipient", "destination": "target"}
_HOLDS = frozenset(
    {
        "account",
        "address",
        "agent",
        "card",
        "client",
        "customer",
        "iban",
        "member",
        "player",
        "pot",
        "user",
        "wallet",
    }
)
"""Who or what money comes from and goes to, where the word for an end does not say it."""
_PERSONS = frozenset({"debtor", "payer", "remitter", "sender"})
_HOW_MUCH = frozenset(
    {"amount", "betrag", "coin", "credit", "importe", "importo", "montant", "monto", "sat", "sum", "valor"}
)
"""How much of it there is: not a price, a fee, a count of goods or the value of a vote."""
_ASKS = frozenset(
    {"agreement", "bill", "contract", "debt", "invoice", "offer", "order", "parcel", "quote", "shipment"}
)
"""Heads of what has two parties and an amount, and asks for it or is only worth it."""


@cache
def is_between(name: str, columns: frozenset[str]) -> bool:
    """Whether a record takes an amount from one holder to another: ``from_account``, ``to_account`` and ``amount``."""
    if only_tells(name) or not (_NOT_YET | _ASKS).isdisjoint(words(name)[-1:]):
        return False
    said = {words(column) for column in columns}
    has_amount = any(not _HOW_MUCH.isdisjoint(part) for part in said)
    return has_amount and any(other in said for part in said for other in _other_ends(part))


def _other_ends(column: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """What the column of the other end may be called: ``to_account_id`` of ``from_account_id``."""
    for place, word in enumerate(column):
        other = _ENDS.get(word)
        rest = {*column[:place], *column[place + 1 :]}
        if other is not None and (word in _PERSONS or not _HOLDS.isdisjoint(rest)):
            for spelt in (other, _OTHER_WORDS.get(other, other)):
                yield (*column[:place], spelt, *column[place + 1 :])


__all__ = ["is_between", "is_paid", "is_spent"]
