"""``show``: what is known of one record, on a real database."""

from __future__ import annotations

import re
import shlex

import pytest

from idem_runtime import Idempotency, money_moving
from idem_runtime.operate.record_names import RecordName
from tests.runtime.commands.conftest import POST, ROW, SCOPE, Database, Pay, Run

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
