"""``resolve``: an operator decides about an unknown record, on a real database."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idem_runtime import OutcomeUnknown
from tests.runtime.adapters.contract import records
from tests.runtime.commands.conftest import POST, ROW, SCOPE, WHO, Database, Pay, Run


def test_an_operator_can_say_that_an_unknown_operation_was_executed(
    run: Run, dsn: str, db: Database, unknown: Pay, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OutcomeUnknown):
        unknown("crash")
    monkeypatch.setenv("IDEM_RETENTION", "172800")
    resolve = ("resolve", SCOPE, "crash", "--dsn", dsn, *WHO)
    code, said = run(*resolve, "--executed", "--body", "9")
    assert (
        code,
        "resolved\nA retry gets 9, for 2 d; a function reads it by its return annotation" in said,
    ) == (0, True)
    assert unknown("crash") == 9
    said = run("show", SCOPE, "crash", "--dsn", dsn)[1]
    assert "decided executed by ann: seen in the rail's report" in said
    assert "in 1 d 23 h" in said
    code, said = run(*resolve, "--executed", "--body", "10")
    assert (code, "it is COMPLETED, not UNKNOWN" in said) == (1, True)
    assert unknown("crash") == 9


def test_an_operator_can_say_that_an_unknown_operation_did_not_happen(
    run: Run, dsn: str, db: Database, unknown: Pay
) -> None:
    code, said = run("resolve", SCOPE, "crash", "--dsn", dsn, *WHO, "--not-executed")
    assert (code, "a retry executes" in said, records(db)) == (0, True, 0)
    code, said = run("show", SCOPE, "crash", "--dsn", dsn)
    assert (code, "not_executed by ann" in said, "state      free" in said) == (0, True, True)


def test_what_is_running_is_not_resolved(run: Run, dsn: str, db: Database) -> None:
    db.execute(ROW, (SCOPE, "k", "1 min", "-1 s"))
    code, said = run("resolve", SCOPE, "k", "--dsn", dsn, *WHO, "--not-executed")
    assert (code, "it is INPROGRESS, not UNKNOWN" in said, records(db)) == (1, True, 1)


ANSWERS: list[tuple[tuple[str, ...], str]] = [
    (("--body", "{}", "--status", "7"), "--status 7"),
    (("--body", "{}", "--status", "199"), "200 to 499"),
    (("--body", "{}", "--status", "500"), "200 to 499"),
    (("--body", "not json"), "--body is not JSON"),
    (("--body", "NaN"), "--body is not JSON"),
    (("--body", ""), "--body is not JSON"),
    (("--body", "[" * 100_000), "--body is not JSON"),
    ((), "--executed needs --body"),
    (("--body", "{}", "--status", "204"), "has none"),
]


@pytest.mark.parametrize(("options", "says"), ANSWERS, ids=[says for _, says in ANSWERS])
def test_an_answer_that_callers_could_not_use_is_refused(
    options: tuple[str, ...], says: str, run: Run, dsn: str, db: Database
) -> None:
    db.execute(ROW, (SCOPE, "k", "-1 s", "-1 s"))
    code, said = run("resolve", SCOPE, "k", "--executed", *WHO, "--dsn", dsn, *options)
    assert (code, says in said) == (2, True)
    assert "UNKNOWN" in run("show", SCOPE, "k", "--dsn", dsn)[1]


@pytest.mark.parametrize(
    ("options", "status", "headers", "body", "says"),
    [
        (
            ("--body", '{"id": 7}', "--status", "201"),
            201,
            [["content-type", "application/json"]],
            b'{"id": 7}',
            'status 201 and this body, for 1 d: {"id": 7}',
        ),
        (("--status", "204"), 204, [], b"", "status 204 and this body, for 1 d: (none)"),
    ],
)
def test_the_answer_of_an_http_operation_is_what_callers_get(
    options: tuple[str, ...],
    status: int,
    headers: Any,
    body: bytes,
    says: str,
    run: Run,
    dsn: str,
    db: Database,
) -> None:
    db.execute(ROW, (POST, "k", "-1 s", "-1 s"))
    code, said = run("resolve", POST, "k", "--executed", *WHO, "--dsn", dsn, *options)
    assert (code, says in said) == (0, True)
    stored = db.execute("SELECT response_data::text, response_body FROM idempotency_records").fetchone()
    assert stored is not None
    assert (json.loads(stored[0]), stored[1]) == ({"status": status, "headers": headers}, body)
