"""Methods that bring a movement of money to where money has moved, by their names."""

from __future__ import annotations

from functools import cache

from idem_lint.reach.name_words import words

_ENDS = frozenset({"capture", "charge", "complete", "confirm", "refund", "release", "settle", "void"})
_MARKED = frozenset({"captured", "completed", "confirmed", "paid", "refunded", "settled"})


@cache
def ends_movement(method: str) -> bool:
    """Whether a method of a movement brings it to its end: ``confirm``, ``mark_paid``, ``create_external_refund``."""
    parts = words(method)
    return bool(parts) and (
        parts[0] in _ENDS
        or (parts[0] in {"mark", "set"} and not _MARKED.isdisjoint(parts))
        or (parts[0] in {"create", "make", "start"} and parts[-1] in {"refund", "capture"})
    )


__all__ = ["ends_movement"]
