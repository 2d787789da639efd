"""The app: system checks, and the table where a project makes its tables without migrations."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.migrations.loader import MigrationLoader
from django.db.models.signals import pre_migrate

from idem_runtime.adapters.django.table import create


class IdemGuardConfig(AppConfig):
    """``INSTALLED_APPS = ["idem_runtime.adapters.django", …]``."""

    name = "idem_runtime.adapters.django"
    label = "idem_guard"
    verbose_name = "Idempotency records"

    def ready(self) -> None:
        """Register what Django is to ask of us."""
        from idem_runtime.adapters.django import other_databases, system_checks

        checks.register(system_checks.check)
        connection_created.connect(other_databases.watch_threads, dispatch_uid="idem_guard_threads")
        pre_migrate.connect(_before_tables, sender=self, dispatch_uid="idem_guard")


def _before_tables(sender: AppConfig, using: str, **_: Any) -> None:
    """Make the table before Django makes one of the model, which lacks what SQL says of it (``--nomigrations``)."""
    if (
        MigrationLoader.migrations_module(sender.label)[0] is None
        and connections[using].vendor == "postgresql"
    ):
        with connections[using].schema_editor() as editor:
            create(None, editor)
