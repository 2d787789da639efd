"""The words of names: ``BankTransfers`` is ``bank``, ``transfer``.

Words are compared in lower case and without a plural ``s``. The *head* of a name is its last word, which says what the
thing is: a ``PaymentMethod`` is a method.
"""

from __future__ import annotations

import re
from functools import cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


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


def without_kind(name: str) -> tuple[str, ...]:
    """The words of a name without how it is kept: ``ExpenseDB`` is an expense."""
    parts = words(name)
    while parts and parts[-1] in _KINDS:
        parts = parts[:-1]
    return parts
