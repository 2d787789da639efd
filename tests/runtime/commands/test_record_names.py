"""The names of a record on the command line: a scope that is mistyped, a digest of a log line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idem_runtime import log_records
from idem_runtime.operate import record_names
from idem_runtime.operate.record_names import RecordName, parts_of_scope
from idem_runtime.protocol.scope import scope_of
from tests.runtime.adapters.contract import records
from tests.runtime.commands.conftest import ROW, SCOPE, WHO, Database, Pay, Run


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


@given(st.tuples(st.text("a1:2é ", max_size=12), st.text("a1:2é ", max_size=12)))
def test_a_scope_is_read_back_as_it_was_written(parts: tuple[str, str]) -> None:
    assert parts_of_scope(scope_of(parts)) == parts


@given(st.text("a1:2", max_size=12))
def test_only_scopes_are_read_as_scopes(text: str) -> None:
    parts = parts_of_scope(text)
    assert parts is None or scope_of(parts) == text
