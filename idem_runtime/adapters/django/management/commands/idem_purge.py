"""``manage.py idem_purge``: as ``idem-runtime purge``, on Django's database; run it hourly."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from idem_runtime.adapters.django import configuration
from idem_runtime.errors import ConfigurationError
from idem_runtime.model import Statement, Steps, StoreError


class Command(BaseCommand):
    """Removes answers that are past their retention, a batch to a transaction; never what is unknown or in progress."""

    help = "Remove idempotency records that are past their retention; never what is unknown or in progress."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--batch N``: records to a transaction."""
        parser.add_argument(
            "--batch", type=int, default=1000, help="records to a transaction (default: 1000)"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Remove them, and say how many."""
        batch = options["batch"]
        if batch < 1:
            raise CommandError("--batch: a positive number")
        total = 0
        try:
            store = configuration.runtime().sync_store()
            while removed := store.run(_batch_removed(batch)):
                total += removed
        except (ConfigurationError, StoreError) as error:
            raise CommandError(
                f"{error}; {total} records are removed, the rest is for the next run"
            ) from error
        self.stdout.write(f"{total} records removed")


def _batch_removed(batch: int) -> Steps[int]:
    results = yield Statement("by_index+purge", {"batch": batch}, fresh=True)
    return int(results[-1].tag.rpartition(" ")[2])
