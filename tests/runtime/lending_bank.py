"""Another module of a program, for the table of ``test_lending.py``."""

from typing import Any

from idem_runtime import Idempotency

idem = Idempotency("postgresql://nowhere.invalid/")


def pay(*amounts: Any) -> None:
    idem.sync_connection().execute("INSERT INTO ledger (amount) VALUES (1)")


BY_NAME = {"pay": pay}
