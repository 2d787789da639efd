"""What a role lacks for the runtime's own statements, and what can hide the records from it: found, with what cures it."""

from __future__ import annotations

import re
from urllib.parse import quote

import psycopg
import pytest
from psycopg.rows import dict_row

from idem_runtime import ConfigurationError
from idem_runtime.drivers.statement_text import compose
from idem_runtime.drivers.table import Table
from idem_runtime.operate import access_obstacles, table_access
from idem_runtime.operate.migration import RECORD_COLUMNS
from idem_runtime.sql import load
from tests.runtime.commands.conftest import Database, Run, quoted
from tests.runtime.stores import until

RECORDS = "idempotency_records"


def _access(connection: psycopg.Connection, table: Table) -> table_access.Access:
    """As whoever opens a connection to the store asks."""
    cursor = connection.cursor(row_factory=dict_row)
    row = cursor.execute(compose(connection, table, "access", table_access.parameters(table))).fetchone()
    assert row is not None
    return table_access.of_row(table, row)


def _problems(said: str) -> list[tuple[str, str]]:
    """What ``doctor`` complains of, and each remedy."""
    return re.findall(r"^PROBLEM +(.*)\n +remedy: (.*)$", said, re.MULTILINE)


PRIVILEGES = [
    ("SELECT", "which the runtime needs to look keys up (read)"),
    ("INSERT", "which the runtime needs to record what is done (insert, start)"),
    ("UPDATE", "which the runtime needs to begin and finish calls with an external effect (start, complete)"),
    ("DELETE", "which the runtime needs to replace expired records and free keys (discard, release)"),
]


@pytest.mark.parametrize(("privilege", "needed_for"), PRIVILEGES)
def test_a_privilege_is_named_with_the_statements_that_need_it_and_its_grant(
    privilege: str, needed_for: str, run: Run, dsn: str, db: Database, role: str
) -> None:
    db.execute(f"GRANT ALL ON {RECORDS}, {RECORDS}_decisions TO {quoted(role)}")
    db.execute(f"REVOKE {privilege} ON {RECORDS} FROM {quoted(role)}")
    doctor = ("doctor", "--dsn", dsn.replace("postgres@", quote(role) + "@"))
    ((what, remedy),) = _problems(run(*doctor)[1])
    assert what.endswith(f'{privilege} on "{RECORDS}" is missing, {needed_for}')
    assert remedy == f'GRANT {privilege} ON "{RECORDS}" TO {quoted(role)}'
    db.execute(remedy)
    code, said = run(*doctor)
    assert (code, f"{quoted(role)} may do everything that is needed" in said) == (0, True)


def test_a_privilege_on_every_column_is_enough(run: Run, dsn: str, db: Database, role: str) -> None:
    doctor = ("doctor", "--dsn", dsn.replace("postgres@", quote(role) + "@"))
    columns = ", ".join(RECORD_COLUMNS)
    db.execute(
        f"GRANT DELETE ON {RECORDS} TO {quoted(role)}; GRANT ALL ON {RECORDS}_decisions TO {quoted(role)}"
    )
    for privilege in ("SELECT", "INSERT", "UPDATE"):
        db.execute(f"GRANT {privilege} ({columns}) ON {RECORDS} TO {quoted(role)}")
    assert run(*doctor)[0] == 0
    db.execute(f"REVOKE UPDATE (attempt) ON {RECORDS} FROM {quoted(role)}")
    assert [remedy.split(" ON")[0] for _, remedy in _problems(run(*doctor)[1])] == ["GRANT UPDATE"]


def test_a_function_that_the_statements_call_may_be_revoked(
    run: Run, dsn: str, db: Database, role: str
) -> None:
    function = "pg_advisory_xact_lock(integer,integer)"
    db.execute(f"GRANT ALL ON {RECORDS}, {RECORDS}_decisions TO {quoted(role)}")
    db.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    try:
        doctor = ("doctor", "--dsn", dsn.replace("postgres@", quote(role) + "@"))
        ((what, remedy),) = _problems(run(*doctor)[1])
        assert f"EXECUTE on function {function} is missing" in what
        db.execute(remedy)
        assert run(*doctor)[0] == 0
    finally:
        db.execute(f"GRANT EXECUTE ON FUNCTION {function} TO PUBLIC")


def test_every_function_that_a_statement_calls_is_looked_at(db: Database) -> None:
    queries = load("queries.sql")
    runtime = list(queries)[: list(queries).index("by_index")]
    words = sorted({word for name in runtime for word in re.findall(r"\b([a-z_0-9]+)\(", queries[name])})
    rows = db.execute(
        "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY(%s)",
        (words,),
    )
    called = {name for (name,) in rows}
    assert called <= set(table_access.FUNCTIONS), (
        "add it to FUNCTIONS, or doctor does not see that it is revoked"
    )


VERBS = {
    "SELECT": "FROM {table}",
    "INSERT": "INSERT INTO {table}",
    "UPDATE": "UPDATE {table}|DO UPDATE",
    "DELETE": "DELETE FROM {table}",
}


@pytest.mark.parametrize("privilege", VERBS)
def test_the_statements_that_are_named_need_the_privilege(privilege: str) -> None:
    queries = load("queries.sql")
    named = table_access.STATEMENTS[privilege].partition("(")[2].rstrip(")").split(", ")
    assert [name for name in named if not re.search(VERBS[privilege], queries[name])] == []


def test_the_columns_that_are_looked_at_are_those_of_the_table() -> None:
    assert set(table_access.COLUMNS) == RECORD_COLUMNS.keys()


def test_a_superuser_may_do_more_than_the_application(run: Run, dsn: str, db: Database) -> None:
    code, said = run("doctor", "--dsn", dsn)
    assert (code, "what the application's role may do is seen with the application's DSN" in said) == (
        0,
        True,
    )


def test_the_role_that_counts_is_the_one_that_is_set(run: Run, dsn: str, db: Database, role: str) -> None:
    plain = f"plain_{db.info.backend_pid}"
    db.execute(f"CREATE ROLE {plain}")
    try:
        said = run("doctor", "--dsn", f"{dsn}?options={quote(f'-crole={plain}')}")[1]
    finally:
        db.execute(f"DROP ROLE {plain}")
    assert f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{RECORDS}" TO "{plain}"' in said


def test_a_temporary_table_of_another_connection_is_found(run: Run, dsn: str, db: Database) -> None:
    with psycopg.connect(dsn) as first, psycopg.connect(dsn) as second:
        first.execute(f"CREATE TEMP TABLE {RECORDS} (LIKE {RECORDS})")
        first.commit()
        ((what, remedy),) = _problems(run("doctor", "--dsn", dsn)[1])
        assert f'1 other connection has a temporary table "{RECORDS}"' in what
        second.execute(f"CREATE TEMP TABLE {RECORDS} (LIKE {RECORDS})")
        second.commit()
        assert "2 other connections have a temporary table" in run("doctor", "--dsn", dsn)[1]
        schema = re.findall(r"IDEM_SCHEMA_NAME=(\w+)", remedy)
        assert run("doctor", "--dsn", dsn, "--schema", *schema)[0] == 0
    assert until(lambda: run("doctor", "--dsn", dsn)[0] == 0), (
        "the server drops them when it has seen the ends"
    )


def test_a_connection_sees_that_its_own_temporary_table_hides_the_records(dsn: str, db: Database) -> None:
    with psycopg.connect(dsn) as connection:
        before = _access(connection, Table())
        assert (before.schema, before.temporary, list(access_obstacles.refusals(before))) == (
            "public",
            False,
            [],
        )
        connection.execute(f"CREATE TEMP TABLE {RECORDS} (LIKE {RECORDS})")
        hidden = _access(connection, Table())
        (obstacle,) = access_obstacles.refusals(hidden)
        assert "is a temporary table here, which hides the records" in obstacle.what
        assert "IDEM_SCHEMA_NAME=public" in obstacle.remedy
        means = compose(connection, Table(), "means", {"table": Table().quoted})
        assert connection.execute(means).fetchone() == (hidden.oid,) != (before.oid,)
        named = _access(connection, Table(schema=before.schema))
        assert (named.oid, list(access_obstacles.refusals(named))) == (before.oid, [])


def test_a_temporary_table_and_no_other_is_no_table_of_records(dsn: str, db: Database) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TEMP TABLE passing (id int)")
        (obstacle,) = access_obstacles.refusals(_access(connection, Table("passing")))
    assert obstacle.remedy.startswith(
        "name the schema, so that no other table can hide it: IDEM_SCHEMA_NAME ("
    )


def test_two_tables_on_one_search_path_are_found(run: Run, dsn: str, db: Database, spare: str) -> None:
    assert run("migrate", "--dsn", dsn, "--schema", spare)[0] == 0
    path = f"{quoted(spare)}, public".replace(" ", "\\ ")
    both = f"{dsn}?options={quote(f'-csearch_path={path}')}"
    code, said = run("doctor", "--dsn", both)
    ((what, remedy),) = _problems(said)
    assert (
        code,
        "is in several schemas of the search path" in what,
        f"{spare} is used here, and public by" in what,
    ) == (1, True, True)
    assert ("IDEM_SCHEMA_NAME=public" in remedy, spare in remedy.replace("'\"'\"'", "'")) == (True, True)
    for schema in (spare, "public"):
        assert run("doctor", "--dsn", both, "--schema", schema)[0] == 0
    assert run("doctor", "--dsn", dsn)[0] == 0, "a table off the search path hides nothing"


def test_a_table_off_the_search_path_is_said_to_be_there(run: Run, dsn: str, db: Database) -> None:
    code, said = run("doctor", "--dsn", f"{dsn}?options={quote('-csearch_path=nowhere')}")
    assert (code, "it is in a schema off the search path (nowhere): set IDEM_SCHEMA_NAME=public" in said) == (
        1,
        True,
    )


def test_what_is_not_there_is_no_error(dsn: str, db: Database) -> None:
    """An application may ask before it has migrated."""
    with psycopg.connect(dsn) as connection:
        for table, what in (
            (Table("other"), f'"other" does not exist in database {db.info.dbname}'),
            (Table(schema="nowhere"), 'there is no schema "nowhere" here'),
        ):
            (obstacle,) = access_obstacles.refusals(_access(connection, table))
            assert (obstacle.what, "idem-runtime migrate" in obstacle.remedy) == (what, True)


def test_a_schema_that_may_not_be_used_is_seen_without_an_error(
    dsn: str, db: Database, role: str, run: Run, spare: str
) -> None:
    run("migrate", "--dsn", dsn, "--schema", spare)
    with psycopg.connect(dsn.replace("postgres@", quote(role) + "@")) as connection:
        (obstacle,) = access_obstacles.refusals(_access(connection, Table(schema=spare)))
    assert (obstacle.what, obstacle.remedy) == (
        f"USAGE on schema {quoted(spare)} is missing",
        f"GRANT USAGE ON SCHEMA {quoted(spare)} TO {quoted(role)}",
    )


LIMITS = [
    ("-cstatement_timeout=5s", "statement_timeout = 5 s"),
    ("-cidle_in_transaction_session_timeout=1500", "idle_in_transaction_session_timeout = 1.5 s"),
    ("-cstatement_timeout=59999", "statement_timeout = 59.999 s"),
    ("-cstatement_timeout=60s", None),
    ("-cstatement_timeout=0", None),
]


@pytest.mark.parametrize(("options", "says"), LIMITS)
def test_limits_of_the_server_that_a_handler_may_reach_are_said_and_no_problem(
    options: str, says: str | None, run: Run, dsn: str, db: Database
) -> None:
    code, said = run("doctor", "--dsn", f"{dsn}?options={quote(options)}")
    line = next(line for line in said.splitlines() if " limits " in line)
    assert (code, line.split()[0], says is None or says in line) == (0, "note" if says else "ok", True)


def test_the_limit_of_a_whole_transaction_is_looked_at_where_there_is_one(
    run: Run, dsn: str, db: Database
) -> None:
    if db.info.server_version < 170_000:
        pytest.skip("transaction_timeout came with Postgres 17")
    code, said = run("doctor", "--dsn", f"{dsn}?options={quote('-ctransaction_timeout=20s')}")
    assert (code, "transaction_timeout = 20 s" in said) == (0, True)


def test_what_opens_a_connection_is_told_everything_that_is_missing_at_once(
    dsn: str, db: Database, role: str
) -> None:
    with psycopg.connect(dsn) as connection:
        access_obstacles.require(_access(connection, Table()))
    db.execute(
        f"REVOKE EXECUTE ON FUNCTION set_config FROM PUBLIC; GRANT SELECT ON {RECORDS} TO {quoted(role)}"
    )
    try:
        with psycopg.connect(dsn.replace("postgres@", quote(role) + "@")) as connection:
            asked = _access(connection, Table())
    finally:
        db.execute("GRANT EXECUTE ON FUNCTION set_config TO PUBLIC")
    with pytest.raises(ConfigurationError) as refused:
        access_obstacles.require(asked)
    assert re.findall(r"remedy: (.*) TO", str(refused.value)) == [
        f'GRANT INSERT, UPDATE, DELETE ON "{RECORDS}"',
        "GRANT EXECUTE ON FUNCTION set_config(text,text,boolean)",
    ]
