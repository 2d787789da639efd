"""One write of money, and how its text is shown."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "ledger", "row", "balance", "status", "sql", "document", "provider", "service", "message", "end"
]
"""``end``: no write, but a transaction that is ended."""
_LONGEST = 60


@dataclass(frozen=True, slots=True, eq=False)
class Sink:
    """One write: what it is, as people read it, and where. ``is_pending``: it counts once something keeps what was made;
    ``is_weak``: it counts where the entry point's own names say money; ``is_order``: where names on the way say that
    something is traded.
    """

    kind: Kind
    what: str
    node: ast.AST
    is_pending: bool = False
    is_weak: bool = False
    is_order: bool = False


def shown(node: ast.expr) -> str:
    """An expression as it is written, cut where it is long."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _LONGEST else f"…{text[-_LONGEST:]}"
