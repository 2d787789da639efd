"""``purge`` and what ``stats`` counts before and after it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from tests.runtime.adapters.contract import records
from tests.runtime.commands.conftest import Database, Pay, Run


def test_purge_removes_what_is_expired_and_never_what_is_unknown(
    run: Run, dsn: str, db: Database, unknown: Pay
) -> None:
    for key in "abcde":
        unknown(key)
    unknown("kept")
    db.execute(
        "UPDATE idempotency_records SET expiry_time = now() - interval '1 s' WHERE idempotency_key <> 'kept'"
    )
    assert (
        "idem-runtime purge --table idempotency_records"
        in run("stats", "--dsn", dsn, "--table", "idempotency_records")[1]
    )
    assert run("purge", "--dsn", dsn, "--dry-run") == (0, "5 records would be removed\n")
    code, said = run("purge", "--dsn", dsn, "--batch", "2")
    assert (code, said) == (0, "5 records removed\n2 of 5 removed\n4 of 5 removed\n5 of 5 removed\n")
    assert records(db) == 2
    lines = run("stats", "--dsn", dsn)[1].splitlines()
    assert lines[0].split() == ["completed", "1"]
    assert lines[1].split() == ["expired", "0"]
    assert lines[3].split() == ["unknown", "1", "idem-runtime", "list", "--unknown"]
    assert lines[4].startswith("oldest unknown")
    assert lines[5].split()[0] == "size"


def test_purge_counts_on_one_line_in_a_terminal(dsn: str, db: Database, pay: Pay) -> None:
    for key in "ab":
        pay(key)
    db.execute("UPDATE idempotency_records SET expiry_time = now() - interval '1 s'")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "idem_runtime", "purge", "--dsn", dsn, "--batch", "1"]
    done = subprocess.run(command, stderr=theirs, stdout=subprocess.PIPE, text=True, check=True)
    os.close(theirs)
    assert (os.read(ours, 999), done.stdout) == (b"1 of 2 removed\r2 of 2 removed\r", "2 records removed\n")
    os.close(ours)
