"""``stats`` counts as the other commands do."""

from __future__ import annotations

from tests.runtime.commands.conftest import Database, Run


def test_a_record_without_a_lease_counts_as_unknown_everywhere(run: Run, dsn: str, db: Database) -> None:
    db.execute(
        "INSERT INTO idempotency_records (scope, idempotency_key, status, expiry_time, created_at)"
        " VALUES ('5:alice3:pay', 'k', 'INPROGRESS', now(), now())"
    )
    assert "unknown                 1" in run("stats", "--dsn", dsn)[1]
    assert "UNKNOWN" in run("list", "--unknown", "--dsn", dsn)[1]
    assert "UNKNOWN" in run("show", "5:alice3:pay", "k", "--dsn", dsn)[1]
    assert (
        run("resolve", "5:alice3:pay", "k", "--not-executed", "--by", "a", "--why", "b", "--dsn", dsn)[0] == 0
    )
