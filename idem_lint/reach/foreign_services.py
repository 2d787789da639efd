"""Code of other packages that books money, by the names that they give it: their services of payments, their ledgers."""

from __future__ import annotations

from functools import cache

from idem_lint.reach.name_words import words
from idem_lint.reach.named_like_money import says_money

_SERVICES = frozenset({"api", "manager", "repository", "service", "store"})
_BOOKS = frozenset({"add", "apply", "create", "post", "process", "record", "register", "save", "settle"})
_LEDGERS = frozenset({"accounting", "bookkeeping", "journal", "ledger", "posting"})
_POSTED = frozenset({"entry", "journal", "transaction", "voucher"})


@cache
def books_money(dotted: str) -> bool:
    """Whether a function or method of this dotted name books money: ``billing.services.PaymentService.create``,
    ``finance.posting.engine.post_entry``.
    """
    *around, last = dotted.split(".")
    name = words(last)
    if name[:1] == ("post",) and name[-1] in _POSTED:
        return any(not _LEDGERS.isdisjoint(words(part)) for part in around)
    return not _BOOKS.isdisjoint(name[:1]) and any(map(_is_service_of_money, around))


def _is_service_of_money(name: str) -> bool:
    """Whether a class is a service of movements, by its name: ``PaymentInvoiceService``."""
    return name[:1].isupper() and words(name)[-1] in _SERVICES and says_money(name)


__all__ = ["books_money"]
