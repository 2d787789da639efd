"""``--format json``: keys that stay, as ``--help`` has them, and exit codes for a monitor."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest

from idem_runtime.operate import cli, json_output
from idem_runtime.operate.record_names import RecordName
from tests.runtime.commands.conftest import POST, ROW, SCOPE, WHO, Database, Pay, Run

AS_JSON = ("--format", "json")


def _printed(run: Run, *words: str) -> tuple[int, Any]:
    code, said = run(*words, *AS_JSON)
    return code, json.loads(said)


def _keys(document: Any) -> set[str]:
    if isinstance(document, dict):
        return set(document).union(*map(_keys, document.values()))
    return set().union(*map(_keys, document)) if isinstance(document, list) else set()


@pytest.mark.parametrize("command", [name for name, command in cli.COMMANDS.items() if command.json_keys])
def test_the_help_has_the_keys_that_are_printed(
    command: str, run: Run, dsn: str, db: Database, unknown: Pay
) -> None:
    unknown("a")
    run("resolve", SCOPE, "crash", "--dsn", dsn, *WHO, "--executed", "--body", "7")
    db.execute(ROW, (POST, "older", "-1 h", "-2 days"))
    name = (SCOPE, "crash") if command == "show" else ()
    _, document = _printed(run, command, *name, "--dsn", dsn)
    said = run(command, "--help")[1].partition("keys of --format json:")[2]
    assert _keys(document) == set(re.findall(r"\w+", re.sub(r"\([^)]*\)", "", said)))


def test_list_is_for_programs_too(run: Run, dsn: str, db: Database) -> None:
    db.execute(ROW, (POST, "older", "-1 h", "-2 days -5 hours"))
    db.execute(ROW, ("no scope", "\x1b\x85", "25 s", "-5 s"))
    code, document = _printed(run, "list", "--dsn", dsn)
    older, odd = document["records"]
    assert (code, document["more"], older.pop("age_seconds") // 60) == (0, False, 3180)
    assert older == {
        "state": "UNKNOWN",
        "principal": "alice",
        "operation": "POST /wallet/transfers",
        "scope": POST,
        "key": "older",
        "digest": RecordName(POST, "older").digest,
    }
    assert (odd["state"], odd["principal"], odd["operation"], odd["key"]) == (
        "INPROGRESS",
        None,
        None,
        "\x1b\x85",
    )
    assert run("list", "--dsn", dsn, *AS_JSON)[1].isascii()
    code, document = _printed(run, "list", "--limit", "1", "--dsn", dsn)
    assert ([row["key"] for row in document["records"]], document["more"]) == (["older"], True)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_monitor_sees_in_the_exit_code_that_something_is_unknown(
    form: str, run: Run, dsn: str, db: Database
) -> None:
    monitor = ("list", "--unknown", "--fail", "--dsn", dsn, "--format", form)
    db.execute(ROW, (SCOPE, "running", "25 s", "-5 s"))
    assert run(*monitor)[0] == 0
    db.execute(ROW, (SCOPE, "lost", "-1 s", "-5 s"))
    assert run(*monitor)[0] == 1
    assert run("list", "--unknown", "--dsn", dsn, "--format", form)[0] == 0
    assert run("list", "--in-progress", "--fail", "--dsn", dsn)[0] == 1
    assert run(*monitor, "--table", "nowhere")[0] == 2


def test_show_has_times_and_sizes_and_no_payload(run: Run, dsn: str, db: Database, unknown: Pay) -> None:
    unknown("a")
    code, document = _printed(run, "show", SCOPE, "a", "--dsn", dsn)
    times = [
        datetime.fromisoformat(document[name]) for name in ("created_at", "completed_at", "now", "expires_at")
    ]
    assert (code, times) == (0, sorted(times))
    assert times[0].tzinfo is not None
    assert document["answer"] == {
        "status": 200,
        "body_bytes": 1,
        "body_sha256": "7902699be42c8a8e46fbbb4501726517e86b22c56a189f7625a6da49081b2451",
    }
    assert (document["state"], document["lease_ends_at"], document["given_up"], document["decisions"]) == (
        "COMPLETED",
        None,
        False,
        [],
    )
    document = _printed(run, "show", SCOPE, "crash", "--dsn", dsn)[1]
    assert (document["state"], document["given_up"], document["answer"]) == ("UNKNOWN", True, None)
    assert document["expires_at"] is document["completed_at"] is document["lease_ends_at"] is None


def test_what_a_calendar_has_not_is_null(run: Run, dsn: str, db: Database) -> None:
    db.execute(ROW, (SCOPE, "k", "-1 s", "-1 s"))
    for expiry, status in (("infinity", "null"), ("20000-01-01", '"odd"')):
        db.execute(
            f"UPDATE idempotency_records SET status = 'COMPLETED', expiry_time = '{expiry}',"
            f" response_data = '{{\"status\": {status}}}'"
        )
        document = _printed(run, "show", SCOPE, "k", "--dsn", dsn)[1]
        assert (document["state"], document["expires_at"]) == ("LOST", None)
        assert document["answer"] == (
            None if status == "null" else {"status": None, "body_bytes": None, "body_sha256": None}
        )
    assert json_output.moment(0) == "1970-01-01T00:00:00.000Z"


def test_show_of_what_is_not_there(run: Run, dsn: str, db: Database, unknown: Pay) -> None:
    code, document = _printed(run, "show", "3:bob3:pay", "crash", "--dsn", dsn)
    assert (code, document["state"], document["elsewhere"]) == (1, "free", [SCOPE])
    code, document = _printed(run, "show", "3:bob3:pay", "other", "--dsn", dsn)
    assert (code, document["state"], document["elsewhere"]) == (1, "free", [])
    code, said = run("show", "bob", "other", "--dsn", dsn, *AS_JSON)
    assert (code, "'bob' is no scope" in said) == (2, True)


def test_stats_counts_for_programs(run: Run, dsn: str, db: Database, unknown: Pay) -> None:
    unknown("a")
    document = _printed(run, "stats", "--dsn", dsn)[1]
    assert (document["completed"], document["unknown"], document["expired"]) == (1, 1, 0)
    assert 0 < document["oldest_unknown_seconds"] < 60 < document["bytes"]
    db.execute("TRUNCATE idempotency_records")
    assert _printed(run, "stats", "--dsn", dsn)[1]["oldest_unknown_seconds"] is None


def test_doctor_counts_its_problems(run: Run, dsn: str, db: Database) -> None:
    code, document = _printed(run, "doctor", "--dsn", dsn)
    assert (code, document["problems"], document["table"]) == (0, 0, '"idempotency_records"')
    code, document = _printed(run, "doctor", "--dsn", dsn, "--table", "nowhere")
    problem = document["findings"][-1]
    assert (code, document["problems"], problem["about"], problem["level"]) == (1, 1, "table", "problem")
    assert "idem-runtime migrate" in problem["remedy"]
