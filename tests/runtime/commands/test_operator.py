"""What somebody does at two in the morning: ``list``, ``show`` and ``resolve`` on a real database."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idem_runtime import Idempotency, OutcomeUnknown, log_records, money_moving
from idem_runtime.operate import record_names, terminal_output
from idem_runtime.operate.record_names import RecordName, parts_of_scope
from idem_runtime.protocol.scope import scope_of
from tests.runtime.adapters.contract import records
from tests.runtime.commands.conftest import SCOPE, Database, Pay, Run

POST = "5:alice22:POST /wallet/transfers"
WHO = ("--by", "ann", "--why", "seen in the rail's report")
ROW = (
    "INSERT INTO idempotency_records (scope, idempotency_key, status, expiry_time, in_progress_expiry, created_at)"
    " VALUES (%s, %s, 'INPROGRESS', now(), now() + %s::interval, now() + %s::interval)"
)


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


def test_what_callers_chose_cannot_move_the_cursor(run: Run, dsn: str, db: Database) -> None:
    scope = scope_of(("al\x1b[2Jice\n", "pay"))
    db.execute(ROW, (scope, "k", "-1 s", "-1 s"))
    db.execute(ROW, ("no scope", "k", "-1 s", "-1 s"))
    for said in (
        run("list", "--dsn", dsn)[1],
        run("show", scope, "k", "--dsn", dsn)[1],
        run("show", "\x1b", "k", "--dsn", dsn)[1],
    ):
        assert "\x1b" not in said
    assert r"al\x1b[2Jice\n" in said or "no scope" in said


NAMES = [
    (SCOPE, "a"),
    ("a", "--principal", "alice", "--operation", "pay"),
    ("--principal", "alice", "a", "--operation", "pay"),
    ("--digest", RecordName(SCOPE, "a").digest),
    ("--digest", RecordName(SCOPE, "a").digest.upper()),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_record_is_shown_by_any_of_its_names(name: tuple[str, ...], run: Run, dsn: str, pay: Pay) -> None:
    pay("a")
    code, said = run("show", *name, "--dsn", dsn)
    assert (code, "state      COMPLETED: a retry gets the stored answer" in said) == (0, True)
    assert run("show", SCOPE, "--dsn", dsn, "a")[0] == 0


def test_show_tells_who_and_what_as_a_timeline_and_no_payload(run: Run, dsn: str, db: Database) -> None:
    idem = Idempotency(dsn)
    idem.install()

    @money_moving(operation="pay", effect="external", key=lambda iban: "a", principal=lambda iban: "alice")
    def pay(iban: str) -> str:
        return f"sent to {iban}"

    pay("DE89")
    idem.close()
    said = run("show", SCOPE, "a", "--dsn", dsn)[1]
    head, _, timeline = said.partition("\n\n")
    known = dict(re.split(r" +", line, maxsplit=1) for line in head.splitlines())
    assert (known["principal"], known["operation"], known["key"], known["scope"]) == (
        "alice",
        "pay",
        "a",
        SCOPE,
    )
    assert known["digest"] == f"{RecordName(SCOPE, 'a').digest} (in logs)"
    assert re.fullmatch(r"status 200, 14 bytes, sha256 [0-9a-f]{12}…", known["answer"])
    assert re.fullmatch(r"v1:-:[0-9a-f]{64}", known["payload"])
    what = [re.split(r"  +", line)[-1] for line in timeline.splitlines()]
    assert what == ["first attempt began", "completed", "now", "expires"]
    assert "DE89" not in said
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC", timeline[:27])


@pytest.mark.parametrize(
    ("change", "says", "ends"),
    [
        (
            "in_progress_expiry = now() - interval '2 min'",
            "state      UNKNOWN",
            "lease ended without an answer",
        ),
        (
            "in_progress_expiry = now() + interval '20 s'",
            "state      INPROGRESS",
            "lease ends, unless it is renewed",
        ),
        ("in_progress_expiry = to_timestamp(0)", "state      UNKNOWN", "given up: marked unknown"),
        ("in_progress_expiry = null", "state      UNKNOWN", "first attempt began"),
        (
            "status = 'COMPLETED', completed_at = now(), expiry_time = 'infinity'",
            "executed_response_lost",
            "never ",
        ),
        (
            "status = 'COMPLETED', completed_at = now(), expiry_time = '-infinity'",
            "state      EXPIRED",
            "always ",
        ),
        (
            "status = 'COMPLETED', completed_at = now(), expiry_time = '20000-01-01'",
            "state      LOST",
            "beyond the year 9999",
        ),
        (
            "status = 'COMPLETED', completed_at = now() - interval '1 s', expiry_time = now()",
            "state      EXPIRED",
            "expired",
        ),
        (
            "status = 'COMPLETED', completed_at = now(), response_data = '{\"status\": 201}'",
            "body not stored",
            "completed",
        ),
        ("status = 'STRANGE'", "a state that is not ours", "first attempt began"),
    ],
)
def test_show_says_what_a_retry_gets_in_every_state(
    change: str, says: str, ends: str, run: Run, dsn: str, db: Database
) -> None:
    db.execute(ROW, (SCOPE, "k", "-1 s", "-1 h"))
    db.execute(f"UPDATE idempotency_records SET {change}")
    code, said = run("show", SCOPE, "k", "--dsn", dsn)
    assert (code, says in said, ends in said) == (0, True, True)


def test_what_show_says_about_an_unknown_record_can_be_pasted(run: Run, dsn: str, db: Database) -> None:
    for scope, key in ((POST, "it's $HOME"), (POST, "-rf"), ("5:alice3:a'b", "k")):
        db.execute(ROW, (scope, key, "-1 s", "-1 s"))
        said = run(
            "show", "--digest", RecordName(scope, key).digest, "--table", "idempotency_records", "--dsn", dsn
        )[1]
        executed, not_executed = re.findall(r"^  (idem-runtime .*)$", said, re.MULTILINE)
        assert run(*shlex.split(executed.replace("{…}", "{}"))[1:], "--dsn", dsn)[0] == (
            0 if scope == POST else 2
        )
        assert run(*shlex.split(not_executed)[1:], "--dsn", dsn)[0] == (1 if scope == POST else 0)


def test_a_key_that_nobody_used_is_free(run: Run, dsn: str, db: Database) -> None:
    code, said = run("show", SCOPE, "a", "--dsn", dsn)
    assert (code, "this key is free" in said) == (1, True)


@pytest.mark.parametrize("verb", [("show",), ("resolve", "--not-executed", *WHO)])
@pytest.mark.parametrize(
    ("scope", "code", "says"),
    [
        ("alice", 2, "'alice' is no scope"),
        ("5:alice4:pay", 2, "is no scope"),
        ("5:alice", 2, "is no scope"),
        ("05:alice3:pay", 2, "is no scope"),
        ("5:alice3:pay1:x", 2, "is no scope"),
        ("", 2, "is no scope"),
        ("3:bob3:pay", 1, "no record under this scope"),
    ],
)
def test_a_mistyped_scope_is_said_and_where_the_key_is(
    scope: str, code: int, says: str, verb: tuple[str, ...], run: Run, dsn: str, unknown: Pay
) -> None:
    exit_code, said = run(*verb, scope, "crash", "--dsn", dsn)
    assert (exit_code, says in said, "free" in said) == (code, True, False)
    assert f"idem-runtime show {SCOPE} crash" in said
    exit_code, said = run(*verb, scope, "other", "--dsn", dsn)
    assert (exit_code, "the key is there" in said) == (code, False)


def test_a_digest_that_no_record_has_is_refused(
    run: Run, dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = run("show", "--digest", "0" * 12, "--dsn", dsn)
    assert (code, "0 records have the digest" in said) == (2, True)
    monkeypatch.setattr(log_records, "digest", lambda scope, key: "0" * 12)
    db.execute(ROW, (SCOPE, "a", "-1 s", "-1 s"))
    db.execute(ROW, (SCOPE, "b", "-1 s", "-1 s"))
    code, said = run("resolve", "--digest", "0" * 12, "--not-executed", *WHO, "--dsn", dsn)
    assert (code, "2 records have the digest" in said, f"{SCOPE} a" in said, records(db)) == (
        2,
        True,
        True,
        2,
    )


def test_a_digest_is_looked_for_in_every_page_and_among_decisions(
    run: Run, dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_names, "PAGE", 2)
    for key in "abcde":
        db.execute(ROW, (SCOPE, key, "-1 s", "-1 s"))
    last = ("--digest", RecordName(SCOPE, "e").digest, "--dsn", dsn)
    assert run("resolve", *last, "--not-executed", *WHO)[0] == 0
    code, said = run("show", *last)
    assert (code, "state      free" in said, "decided not_executed by ann" in said) == (0, True, True)


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


@given(st.tuples(st.text("a1:2é ", max_size=12), st.text("a1:2é ", max_size=12)))
def test_a_scope_is_read_back_as_it_was_written(parts: tuple[str, str]) -> None:
    assert parts_of_scope(scope_of(parts)) == parts


@given(st.text("a1:2", max_size=12))
def test_only_scopes_are_read_as_scopes(text: str) -> None:
    parts = parts_of_scope(text)
    assert parts is None or scope_of(parts) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "under 1 s"),
        (12, "12 s"),
        (60, "1 min"),
        (3_725, "1 h 2 min"),
        (3_605, "1 h"),
        (266_400, "3 d 2 h"),
    ],
)
def test_durations_are_for_reading(seconds: float, text: str) -> None:
    assert terminal_output.duration(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (24_576, "24.6 kB"), (3e9, "3.0 GB"), (4e18, "4000000.0 TB")],
)
def test_sizes_are_for_reading(amount: float, text: str) -> None:
    assert terminal_output.size(amount) == text
