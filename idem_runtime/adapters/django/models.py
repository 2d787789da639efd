"""The records as Django sees them: to look at, and to be emptied between tests. Only the runtime writes them."""

from __future__ import annotations

from typing import Any, ClassVar

import django
from django.db import models

COMPOSITE = django.VERSION >= (5, 2)
"""Whether Django knows primary keys of several columns; before, it takes the first one for it, and never uses it."""


def key_fields() -> list[tuple[str, Any]]:
    """The fields of the primary key, for the model and its migration."""
    if COMPOSITE:
        key = models.CompositePrimaryKey(
            "scope", "idempotency_key", blank=True, editable=False, primary_key=True, serialize=False
        )
        return [("pk", key), ("scope", models.TextField()), ("idempotency_key", models.TextField())]
    return [
        ("scope", models.TextField(primary_key=True, serialize=False)),
        ("idempotency_key", models.TextField()),
    ]


def other_fields() -> list[tuple[str, Any]]:
    """All other fields."""
    return [
        ("status", models.TextField()),
        ("payload_hash", models.TextField(null=True)),
        ("response_data", models.JSONField(null=True)),
        ("response_body", models.BinaryField(null=True)),
        ("expiry_time", models.DateTimeField()),
        ("in_progress_expiry", models.DateTimeField(null=True)),
        ("attempt", models.UUIDField(null=True)),
        ("created_at", models.DateTimeField()),
        ("completed_at", models.DateTimeField(null=True)),
    ]


class IdempotencyRecord(models.Model):
    """One key of one principal and operation (docs/decisions.md#the-table)."""

    vars().update([*key_fields(), *other_fields()])

    class Meta:
        """The table is made by the SQL of ``idem-runtime migrate``, which has a name for its index that is too long here."""

        app_label = "idem_guard"
        db_table = "idempotency_records"
        default_permissions: ClassVar[tuple[str, ...]] = ("view",)
        verbose_name = "idempotency record"

    def __str__(self) -> str:
        """Its operation and principal; the key is the caller's own."""
        return f"{self.scope}: {self.status}"  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - of `key_fields`
