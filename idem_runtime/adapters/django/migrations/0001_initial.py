"""The tables: made by SQL, known to Django's state."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

from idem_runtime.adapters.django.models import key_fields, other_fields
from idem_runtime.adapters.django.table import create, drop


class Migration(migrations.Migration):
    """Version 1 of the tables."""

    initial = True
    dependencies: ClassVar[Any] = ()
    operations: ClassVar[Any] = (
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(create, drop)],
            state_operations=[
                migrations.CreateModel(
                    name="IdempotencyRecord",
                    fields=[*key_fields(), *other_fields()],
                    options={
                        "verbose_name": "idempotency record",
                        "db_table": "idempotency_records",
                        "default_permissions": ("view",),
                    },
                )
            ],
        ),
    )
