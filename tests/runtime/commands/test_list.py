"""``list``: the records without an answer."""

from __future__ import annotations

import re

import pytest

from idem_runtime.operate.record_names import RecordName
from tests.runtime.commands.conftest import POST, ROW, SCOPE, Database, Run


@pytest.fixture
def rows(db: Database) -> None:
    """Three records without an answer, in two states."""
    db.execute(ROW, (SCOPE, "younger", "-1 min", "-3 h"))
    db.execute(ROW, (POST, "older", "-1 h", "-2 days -5 hours"))
    db.execute(ROW, (SCOPE, "running", "25 s", "-5 s"))


def test_list_names_what_has_no_answer_oldest_first(run: Run, dsn: str, rows: None) -> None:
    code, said = run("list", "--dsn", dsn)
    lines = [re.split(r"  +", line) for line in said.splitlines()[:4]]
    assert code == 0
    assert lines == [
        ["AGE", "STATE", "PRINCIPAL", "OPERATION", "KEY", "DIGEST"],
        ["2 d 5 h", "UNKNOWN", "alice", "POST /wallet/transfers", "older", RecordName(POST, "older").digest],
        ["3 h", "UNKNOWN", "alice", "pay", "younger", RecordName(SCOPE, "younger").digest],
        ["5 s", "INPROGRESS", "alice", "pay", "running", RecordName(SCOPE, "running").digest],
    ]


@pytest.mark.parametrize(
    ("options", "listed", "more"),
    [
        (["--unknown"], ["older", "younger"], False),
        (["--in-progress"], ["running"], False),
        (["--limit", "2"], ["older", "younger"], True),
        (["--unknown", "--limit", "2"], ["older", "younger"], False),
    ],
)
def test_list_shows_what_is_asked_for(
    options: list[str], listed: list[str], more: bool, run: Run, dsn: str, rows: None
) -> None:
    said = run("list", "--dsn", dsn, *options)[1]
    assert re.findall(r"older|younger|running", said) == listed
    assert ("… and more: --limit 20" in said) is more


def test_an_empty_list_says_so(run: Run, dsn: str, db: Database) -> None:
    assert run("list", "--dsn", dsn) == (0, "none\n")
