"""``doctor``: everything that is looked at, on a real server that is made wrong, one thing at a time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest

from idem_runtime import ConfigurationError
from idem_runtime.drivers.table import Table
from idem_runtime.operate.admin_connection import Admin
from idem_runtime.operate.doctor_checks import pooler as pooler_check
from idem_runtime.operate.doctor_checks import retention
from idem_runtime.operate.doctor_checks import server as server_check
from tests.runtime import postgres
from tests.runtime.commands.conftest import Database, Run, quoted
from tests.runtime.pooler import needed, pgbouncer

RECORD = (
    "INSERT INTO {table} (scope, idempotency_key, status, expiry_time, created_at, completed_at)"
    " SELECT 's', n::text, 'COMPLETED', now() + interval '{kept}' - interval '{ago}', now(), now() - interval '{ago}'"
    " FROM generate_series(1, {count}) n"
)
WRONG: list[tuple[str, str, str]] = [
    # what is done to a good table, the problem, its remedy
    (
        "ALTER TABLE {table} ALTER payload_hash TYPE varchar(64)",
        "payload_hash of {table} is character varying(64)",
        "TYPE text",
    ),
    ("ALTER TABLE {table} ALTER response_body TYPE text", "response_body of {table} is text", "TYPE bytea"),
    (
        "ALTER TABLE {table} ALTER expiry_time TYPE timestamp",
        "is timestamp without time zone",
        "TYPE timestamp with time zone",
    ),
    (
        "ALTER TABLE {table} ALTER created_at DROP NOT NULL",
        "created_at of {table} may be null",
        "SET NOT NULL",
    ),
    (
        "ALTER TABLE {table} DROP CONSTRAINT idempotency_records_pkey",
        "primary key of {table} is missing",
        "ADD PRIMARY KEY",
    ),
    (
        "ALTER TABLE {table} ADD branch text NOT NULL",
        "column branch of {table} is not ours",
        'ALTER COLUMN "branch" DROP NOT NULL',
    ),
    ("ALTER TABLE {table} SET UNLOGGED", "a crash empties it", "SET LOGGED"),
    ("ALTER TABLE {table} DROP COLUMN attempt", "has no column attempt", "--table"),
    ("ALTER TABLE {table} DROP COLUMN completed_at", "has no column completed_at", "--table"),
    ("DROP INDEX {index}", "index on expiry_time is missing", "CREATE INDEX CONCURRENTLY"),
    (
        "DROP INDEX {schema}.idempotency_records_in_progress",
        "index on what is in progress",
        "CREATE INDEX CONC",
    ),
    ("DROP TABLE {audit}", "operators' decisions, does not exist", "run idem-runtime migrate"),
    ("ALTER TABLE {audit} DROP COLUMN reason", "operators' decisions, has no column reason", "rename"),
    ("ALTER TABLE {audit} ALTER attempt TYPE text", "column attempt of {audit} is text", "TYPE uuid"),
    (
        "ALTER TABLE {table} RENAME TO away; CREATE VIEW {table} AS SELECT * FROM {schema}.away",
        "is not a table",
        "--table",
    ),
    (
        RECORD.format(table="{table}", kept="1 h", ago="0 s", count=3),
        "3 answers are kept for less than 24 h, one for 1.0 h",
        "retention",
    ),
    (
        RECORD.format(table="{table}", kept="24 h", ago="25 h", count=10_001),
        "10,001 expired records",
        "idem-runtime purge",
    ),
]


@pytest.fixture
def there(run: Run, dsn: str, spare: str) -> tuple[str, ...]:
    """Options for a good table in a schema of its own."""
    options = ("--dsn", dsn, "--schema", spare)
    assert run("migrate", *options)[0] == 0
    return options


def test_a_good_table_is_well_and_everything_that_was_looked_at_is_said(
    run: Run, there: tuple[str, ...]
) -> None:
    code, said = run("doctor", *there)
    looked_at = [line.split()[:2] for line in said.splitlines() if line[:5].rstrip() in ("ok", "note")]
    assert (code, looked_at) == (
        0,
        [
            ["ok", "server"],
            ["ok", "durability"],
            ["note", "standbys"],
            ["ok", "clock"],
            ["ok", "limits"],
            ["ok", "pooler"],
            ["ok", "table"],
            ["ok", "schema"],
            ["note", "permissions"],
            ["note", "retention"],
        ],
    )
    assert "no problem found" in said


@pytest.mark.parametrize(("done", "problem", "remedy"), WRONG, ids=[problem for _, problem, _ in WRONG])
def test_each_problem_is_named_with_its_remedy(
    done: str, problem: str, remedy: str, run: Run, there: tuple[str, ...], spare: str, db: Database
) -> None:
    table = Table(schema=spare)
    names = {
        "schema": quoted(spare),
        "table": table.quoted,
        "audit": table.audit,
        "index": quoted(spare, "idempotency_records_expiry_time"),
    }
    db.execute(_fill(done, names))
    code, said = run("doctor", *there)
    assert code == 1
    line, _, after = said[said.index("PROBLEM") :].partition("remedy: ")
    assert _fill(problem, names) in line
    assert remedy in after.splitlines()[0]


def _fill(text: str, names: dict[str, str]) -> str:
    """Not ``format``: the names have braces of their own."""
    return re.sub(r"\{(\w+)\}", lambda match: names[match[1]], text)


def test_the_remedies_for_the_table_can_be_run(
    run: Run, there: tuple[str, ...], spare: str, db: Database
) -> None:
    table = Table(schema=spare)
    for done in (
        f"ALTER TABLE {table.quoted} ALTER payload_hash TYPE varchar(64)",
        f"ALTER TABLE {table.quoted} ALTER created_at DROP NOT NULL",
        f"ALTER TABLE {table.quoted} DROP CONSTRAINT idempotency_records_pkey",
        f"ALTER TABLE {table.quoted} SET UNLOGGED",
        f"DROP INDEX {quoted(spare, 'idempotency_records_expiry_time')}",
    ):
        db.execute(done)
    for line in run("doctor", *there)[1].splitlines():
        if "remedy: " in line:
            db.execute(line.partition("remedy: ")[2])
    assert run("doctor", *there)[0] == 0


def test_a_table_or_schema_that_is_not_there_is_named(run: Run, dsn: str, spare: str) -> None:
    assert "does not exist in database" in run("doctor", "--dsn", dsn, "--table", "other")[1]
    code, said = run("doctor", "--dsn", dsn, "--schema", spare)
    assert (code, f"there is no schema {quoted(spare)}" in said) == (1, True)


ROLES: list[tuple[list[str], list[str]]] = [
    (["SELECT, INSERT, UPDATE ON {table}", "SELECT, INSERT ON {audit}"], ["DELETE on {table} is missing"]),
    (["SELECT, INSERT, UPDATE, DELETE ON {table}"], ["SELECT, INSERT on {audit} is missing"]),
    (["SELECT, INSERT, UPDATE, DELETE ON {table}", "SELECT ON {audit}"], ["INSERT on {audit} is missing"]),
    ([], ["SELECT, INSERT, UPDATE, DELETE on {table} is missing", "SELECT, INSERT on {audit} is missing"]),
]


@pytest.mark.parametrize(
    ("granted", "problems"), ROLES, ids=["no DELETE", "no decisions", "reads decisions", "nothing"]
)
def test_each_missing_permission_is_named_and_its_remedy_works(
    granted: list[str], problems: list[str], run: Run, dsn: str, db: Database, role: str
) -> None:
    names = {"table": Table().quoted, "audit": Table().audit}
    for grant in granted:
        db.execute(f"GRANT {grant.format(**names)} TO {quoted(role)}")
    there = ("doctor", "--dsn", dsn.replace("postgres@", quote(role) + "@"))
    code, said = run(*there)
    assert code == 1
    problems_found = [line.split(None, 2)[2] for line in said.splitlines() if line.startswith("PROBLEM")]
    assert [line.partition(", which")[0] for line in problems_found] == [
        text.format(**names) for text in problems
    ]
    for line in said.splitlines():
        if "remedy: " in line:
            db.execute(line.partition("remedy: ")[2])
    assert run(*there)[0] == 0


def test_a_schema_that_may_not_be_used_is_named(
    run: Run, there: tuple[str, ...], dsn: str, db: Database, role: str, spare: str
) -> None:
    weak = ("doctor", "--dsn", dsn.replace("postgres@", quote(role) + "@"), "--schema", spare)
    code, said = run(*weak)
    assert (code, f"USAGE on schema {quoted(spare)} is missing" in said) == (1, True)
    db.execute(said.partition("remedy: ")[2].splitlines()[0])
    assert "USAGE" not in run(*weak)[1]


def test_rows_that_are_hidden_from_the_role_are_found(run: Run, dsn: str, db: Database, role: str) -> None:
    db.execute(f"GRANT ALL ON idempotency_records, idempotency_records_decisions TO {quoted(role)}")
    db.execute("ALTER TABLE idempotency_records ENABLE ROW LEVEL SECURITY")
    said = run("doctor", "--dsn", dsn.replace("postgres@", quote(role) + "@"))[1]
    db.execute("ALTER TABLE idempotency_records DISABLE ROW LEVEL SECURITY")
    assert "row level security applies to this role" in said


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("-csynchronous_commit=off", "synchronous_commit is off"),
        ("-cdefault_transaction_read_only=on", "read only"),
    ],
)
def test_settings_of_the_session_are_looked_at(options: str, problem: str, run: Run, dsn: str) -> None:
    code, said = run("doctor", "--dsn", f"{dsn}?options={quote(options)}")
    assert (code, problem in said, said.count("remedy:")) == (1, True, 1)


def test_a_clock_that_is_off_is_named(run: Run, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now - 60)
    code, said = run("doctor", "--dsn", dsn)
    assert (code, "clock is 60 s off" in said or "clock is 61 s off" in said) == (1, True)


def test_an_old_server_is_named() -> None:
    server = {"replica": False, "read_only": False, "version": 130_010, "named": "13.10"}
    assert [(finding.what, finding.remedy) for finding in server_check.check(server)] == [
        ("this is Postgres 13.10", "use Postgres 14 or later")
    ]


@pytest.fixture(params=["statement", "transaction"])
def pooler(request: pytest.FixtureRequest, server: postgres.Server, dsn: str) -> Iterator[tuple[str, str]]:
    """A pooler's mode, and the worker's database behind it."""
    with pgbouncer(server.port, mode=request.param) as port:
        yield request.param, dsn.replace(f":{server.port}/", f":{port}/")


@needed
def test_a_pooler_that_refuses_transactions_is_found(pooler: tuple[str, str], run: Run, db: Database) -> None:
    mode, behind = pooler
    code, said = run("doctor", "--dsn", behind)
    if mode == "transaction":
        assert code == 0
        return
    assert (code, "a pooler in statement mode" in said, "pool_mode = transaction" in said) == (1, True, True)
    code, said = run("migrate", "--dsn", behind, "--table", "other")
    assert (code, "pool_mode" in said) == (2, True)


def test_several_backends_under_one_connection_are_a_pooler(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Admin(dsn, Table()) as admin:
        assert "none seen" in pooler_check.description(admin)
        backends = iter(range(9))
        monkeypatch.setattr(admin, "row", lambda name, **params: {"backend": next(backends)})
        assert "a transaction pooler" in pooler_check.description(admin)


def test_an_error_while_the_pooler_is_asked_is_no_pooler(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Admin) -> None:
        raise psycopg.errors.InvalidAuthorizationSpecification("nobody")

    with Admin(dsn, Table()) as admin:
        monkeypatch.setattr(Admin, "_connect", full)
        with pytest.raises(ConfigurationError, match="28000"):
            admin.whole_transactions()


def test_retention_is_told_as_far_as_it_is_seen(
    run: Run, dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said() -> str:
        lines = run("doctor", "--dsn", dsn)[1].splitlines()
        return " ".join(next(line for line in lines if " retention " in line).split())

    one = {"table": "idempotency_records", "kept": "24 h", "ago": "0 s", "count": 1}
    assert said() == "note retention no answer is stored yet: how long answers are kept cannot be seen"
    db.execute(RECORD.format(**one))
    assert (
        said()
        == "ok retention the answer is kept for 24 h at least; 0 past that, for the next idem-runtime purge"
    )
    db.execute("UPDATE idempotency_records SET expiry_time = 'infinity'")
    assert "the answer is kept for 24 h at least" in said()
    db.execute("DELETE FROM idempotency_records")
    db.execute(RECORD.format(**{**one, "ago": "25 h", "count": 3}))
    assert "all 3 answers are kept for 24 h at least; 3 past that" in said()
    monkeypatch.setattr(retention, "SAMPLE", 2)
    assert "the 2 answers that expire first are kept for 24 h at least; 3 past that" in said()
