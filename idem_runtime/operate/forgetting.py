"""Forgetting a principal: what it has asked and was answered is deleted, that it was executed stays (docs/privacy.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idem_runtime.errors import ConfigurationError
from idem_runtime.protocol.local_effect import FORGOTTEN
from idem_runtime.protocol.scope import scope_of

if TYPE_CHECKING:
    from idem_runtime.operate.admin_connection import Admin

BATCH = 1000
"""Records of one transaction."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What became of a principal's records."""

    answers: int
    """Whose answers and fingerprints are deleted now."""
    left: int
    """Completed ones that somebody else had locked: for another run."""
    unanswered: int
    """In progress or unknown: they have no answer yet, and are for another run once they have."""


def forget_principal(
    dsn: str,
    principal: object,
    *,
    by: str,
    why: str,
    schema: str | None = None,
    table: str = "idempotency_records",
    batch: int = BATCH,
) -> Forgotten:
    """Delete the stored responses of ``principal``, and the fingerprints of its requests; a retry is refused, not executed.

    ``by`` and ``why`` are kept beside each record, in the table of decisions. Purging removes the records themselves, after
    their retention. Running it again is harmless.

    :raises ConfigurationError: the principal is of a type that names nobody, ``by`` or ``why`` is blank, or the table
        cannot be used. :raises PrincipalMissing: it is nobody. :raises StoreUnavailable: the server cannot be reached.
    """
    from idem_runtime.drivers.table import Table
    from idem_runtime.operate.admin_connection import Admin
    from idem_runtime.runtime import principal_text

    if not by.strip() or not why.strip():
        raise ConfigurationError("forget_principal(by=…, why=…): others will have to go by them")
    name = principal_text(principal)
    with Admin(dsn, Table(table, schema)) as admin:
        answers = max(batches(admin, name, by=by, why=why, batch=batch), default=0)
        return Forgotten(answers, *remaining(admin, name))


def batches(admin: Admin, principal: str, *, by: str, why: str, batch: int) -> Iterator[int]:
    """Forget one batch after the other, each in a transaction; yields how many answers are deleted so far."""
    total = 0
    given = {"principal": scope_of((principal,)), "forgotten": FORGOTTEN}
    while deleted := admin.count("forget", **given, who=by, why=why, batch=batch):
        total += deleted
        yield total


def remaining(admin: Admin, principal: str) -> tuple[int, int]:
    """How many answers of ``principal`` there are, and how many records that have none yet."""
    row = admin.row("forgettable", principal=scope_of((principal,)), forgotten=FORGOTTEN) or {}
    return row["answers"], row["unanswered"]
