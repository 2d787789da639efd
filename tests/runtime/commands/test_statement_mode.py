"""A pooler in statement mode, as its answer says it; ``test_doctor.py`` asks a real one, where one can be had."""

from __future__ import annotations

import psycopg
import pytest

from idem_runtime.drivers.table import Table
from idem_runtime.operate.admin_connection import Admin
from idem_runtime.operate.doctor_checks import pooler


def test_a_refused_transaction_is_a_pooler_in_statement_mode(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Admin) -> None:
        raise psycopg.errors.ProtocolViolation("transaction blocks not allowed in statement pooling mode")

    with Admin(dsn, Table()) as admin:
        monkeypatch.setattr(Admin, "_connect", refused)
        problems = list(pooler.check(admin))
    assert ["statement mode" in problem.what for problem in problems] == [True]
