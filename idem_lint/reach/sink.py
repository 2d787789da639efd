"""One write of money, and how its text is shown."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "ledger", "row", "balance", "status", "sql", "document", "provider", "service", "message", "signs", "end"
]
"""``signs``: no write was found, and signs of one are enough; ``end``: no write, but a transaction that is ended."""
Needs: TypeAlias = Literal["", "money", "trade", "billing", "verb", "an end"]
"""What has to be said beside a call to the outside, so that it counts: that the entry point or something on the way is about
money, that something is traded, that somebody bills, that a function on the way asks for money to move. ``an end``: of a
status that comes from outside, nothing on the way may say that the movement does not come about.
"""
_LONGEST = 60


@dataclass(frozen=True, slots=True, eq=False)
class Sink:
    """One write: what it is, as people read it, and where. ``is_pending``: it counts once something keeps what was made;
    ``needs``: it counts where names on the way say so.
    """

    kind: Kind
    what: str
    node: ast.AST
    is_pending: bool = False
    needs: Needs = ""


def shown(node: ast.expr) -> str:
    """An expression as it is written, cut where it is long."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _LONGEST else f"…{text[-_LONGEST:]}"
