"""The program as such: help, store, errors of the database, being stopped."""

from __future__ import annotations

import dataclasses
import itertools
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from idem_runtime import ConfigurationError, StoreUnavailable
from idem_runtime.drivers.table import Table
from idem_runtime.operate import cli
from idem_runtime.operate.admin_connection import Admin
from tests.runtime.adapters.contract import records
from tests.runtime.commands.conftest import SCOPE, Database, Pay, Run, quoted
from tests.runtime.postgres import free_port

SHOW = ("show", SCOPE, "k")
RESOLVE = ("resolve", SCOPE, "k", "--not-executed", "--by", "ann", "--why", "x")
EVERY = [SHOW, RESOLVE, ("list",), ("stats",), ("purge",), ("purge", "--dry-run")]


def test_version_names_the_program(run: Run) -> None:
    code, said = run("--version")
    assert (code, said.startswith("idem-runtime ")) == (0, True)


def test_without_a_command_it_explains_itself(run: Run) -> None:
    code, said = run()
    assert (code, "usage: idem-runtime" in said) == (0, True)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_the_help_of_a_command_has_examples_that_can_be_typed(command: str, run: Run) -> None:
    code, said = run(command, "--help")
    assert code == 0
    examples = re.findall(r"^ *(idem-runtime (?:.*\\\n)?.*)$", said.partition("examples:")[2], re.MULTILINE)
    assert examples
    for example in examples:
        _, *words = shlex.split(example.replace("\\\n", " "), comments=True)
        typed = list(itertools.takewhile(lambda word: word not in (">", "&&", "|"), words))
        assert cli.parse(typed).command == command


def test_the_package_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "idem_runtime", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("idem-runtime ")


@pytest.mark.parametrize("command", [["doctor"], ["stats"], ["migrate"], ["list"]])
def test_without_a_store_it_says_how_to_name_one(run: Run, command: list[str]) -> None:
    code, said = run(*command)
    assert (code, "--dsn" in said) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", SCOPE),
        ("show", SCOPE, "k", "more"),
        ("show", "k", "--principal", "alice"),
        ("show", SCOPE, "k", "--principal", "alice", "--operation", "pay"),
        ("show", "--digest", "0" * 12, "--principal", "alice"),
        ("show", "k", "--digest", "0" * 12),
        ("show", SCOPE, "k", "--nonsense"),
        ("stats", "extra"),
        ("list", "--unknown", "--in-progress"),
        ("list", "--limit", "0"),
        ("purge", "--batch", "0"),
        ("purge", "--batch", "x"),
        ("resolve", SCOPE, "k", "--by", "ann", "--why", "x"),
        ("resolve", SCOPE, "k", "--not-executed", "--by", "ann", "--why", " "),
        ("resolve", SCOPE, "k", "--executed", "--not-executed", "--by", "ann", "--why", "x"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: tuple[str, ...], run: Run) -> None:
    code, said = run(*arguments)
    assert (code, "error: " in said) == (2, True)


@pytest.mark.parametrize(
    ("dsn", "says"),
    [
        ("postgresql://u:hunter2@127.0.0.1:{port}/x", "no connection"),
        ("host=127.0.0.1 port={port} user=u password=hunter2", "no connection"),
        ("postgresql://u:hunter2@[::1", "cannot be read"),
        ("postgresql://u:p@hunter2@127.0.0.1/x", "percent-encoded"),
        ("postgresql+psycopg://u:hunter2@127.0.0.1:{port}/x", "no connection"),
        ("mysql+psycopg://u:hunter2@127.0.0.1/x", "without a +driver"),
        ("password = hunter 2 hunter2", "cannot be read"),
        ("postgresql://u:hunter2@127.0.0.1:hunter2/x", "no connection"),
    ],
)
def test_a_store_that_cannot_be_reached_is_named_without_its_password(dsn: str, says: str, run: Run) -> None:
    code, said = run("stats", "--dsn", dsn.format(port=free_port()))
    assert (code, says in said, "hunter2" in said) == (2, True, False)


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_where_there_is_no_table_it_says_how_to_make_one(
    command: tuple[str, ...], run: Run, dsn: str
) -> None:
    code, said = run(*command, "--dsn", dsn, "--table", "other")
    assert (code, "idem-runtime migrate" in said, "--table" in said) == (2, True, True)
    assert run(*command, "--dsn", dsn, "--schema", "nowhere")[0] == 2


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_where_a_permission_is_missing_it_says_what_to_grant(
    command: tuple[str, ...], run: Run, dsn: str, db: Database, role: str
) -> None:
    there = dsn.replace("postgres@", quote(role) + "@")
    code, said = run(*command, "--dsn", there)
    assert (code, "Traceback" in said) == (2, False)
    for grant in re.findall(r"GRANT [^;\n]+", said.partition("remedy: ")[2]):
        db.execute(grant)
    assert "GRANT" in said
    assert run(*command, "--dsn", there)[0] in (0, 1)


def test_migrate_without_permission_says_what_to_grant(run: Run, dsn: str, role: str, spare: str) -> None:
    there = ("migrate", "--dsn", dsn.replace("postgres@", quote(role) + "@"))
    for schema in ((), ("--schema", spare)):
        code, said = run(*there, "--table", "other", *schema)
        assert (code, "GRANT CREATE ON SCHEMA" in said, quoted(role) in said) == (2, True, True)


def test_a_table_of_another_program_is_found_out(run: Run, dsn: str) -> None:
    code, said = run("list", "--dsn", dsn, "--table", "ledger")
    assert (code, "idem-runtime doctor" in said) == (2, True)


def test_a_server_that_can_only_be_read_is_named(run: Run, dsn: str) -> None:
    code, said = run("purge", "--dsn", dsn + "?options=-cdefault_transaction_read_only%3Don")
    assert (code, "primary" in said) == (2, True)


def test_other_errors_of_the_database_keep_their_code(dsn: str, db: Database, unknown: Pay) -> None:
    db.execute("ALTER TABLE idempotency_records ADD CONSTRAINT odd CHECK (status <> 'COMPLETED') NOT VALID")
    with Admin(dsn, Table()) as admin, pytest.raises(ConfigurationError, match=r"violates check.*\(23514\)"):
        admin.rows(
            "resolve_executed",
            scope=SCOPE,
            key="crash",
            who="a",
            why="b",
            seen=None,
            response_data="{}",
            response_body=b"",
            attempt=None,
            retention=1.0,
        )
    db.execute("ALTER TABLE idempotency_records DROP CONSTRAINT odd")


def test_a_lost_connection_is_told_with_what_it_means(dsn: str, db: Database) -> None:
    with Admin(dsn, Table()) as admin:
        db.execute("SELECT pg_terminate_backend(%s, 5000)", ((admin.row("backend") or {})["backend"],))
        with pytest.raises(StoreUnavailable, match="was lost"):
            admin.rows("decided")
        with pytest.raises(StoreUnavailable, match="was lost"):
            admin.count("purge", batch=1)
        with pytest.raises(StoreUnavailable, match="was lost"):
            admin.script("SELECT 1")


@pytest.fixture
def slow(db: Database, pay: Pay) -> Iterator[None]:
    """Five expired records that take a while each to remove."""
    for key in "abcde":
        pay(key)
    db.execute("UPDATE idempotency_records SET expiry_time = now() - interval '1 s'")
    db.execute(
        "CREATE FUNCTION pg_temp_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN old; END $$;"
        "CREATE TRIGGER slow BEFORE DELETE ON idempotency_records FOR EACH ROW EXECUTE FUNCTION pg_temp_slow()"
    )
    yield
    db.execute("DROP FUNCTION pg_temp_slow CASCADE")


def _ctrl_c(process: subprocess.Popen[str], db: Database) -> None:
    process.send_signal(signal.SIGINT)


def _terminate(process: subprocess.Popen[str], db: Database) -> None:
    db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%DELETE FROM%' AND datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )


@pytest.mark.parametrize(
    ("stop", "code", "says"),
    [(_ctrl_c, 130, "stopped; 1 records are removed"), (_terminate, 2, "was lost")],
    ids=["Ctrl-C", "connection lost"],
)
def test_a_purge_that_is_stopped_says_what_is_done(
    stop: Callable[..., None], code: int, says: str, dsn: str, db: Database, slow: None
) -> None:
    command = [sys.executable, "-m", "idem_runtime", "purge", "--dsn", dsn, "--batch", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "1 of 5 removed\n"
        time.sleep(0.1)
        stop(process, db)
        said = process.stderr.read()
    assert (process.returncode, says in said, "Traceback" in said) == (code, True, False)
    assert "1 records are removed" in said
    assert records(db) == 4


def test_ctrl_c_anywhere_is_no_traceback(run: Run, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Admin, "rows", stopped)
    assert run("list", "--dsn", dsn) == (130, "idem-runtime: stopped\n")


def test_a_reader_that_leaves_is_no_error(dsn: str, db: Database) -> None:
    db.execute(
        "INSERT INTO idempotency_records (scope, idempotency_key, status, expiry_time, created_at)"
        " SELECT '1:a1:b', 'key ' || n, 'INPROGRESS', now(), now() FROM generate_series(1, 5000) n"
    )
    command = [sys.executable, "-m", "idem_runtime", "list", "--limit", "5000", "--dsn", dsn]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_where_only_the_linter_is_installed_it_says_what_it_needs() -> None:
    without = "import sys; sys.modules['psycopg'] = None; from idem_runtime.operate.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", without, "stats", "--dsn", "postgresql://127.0.0.1/none"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, 'pip install "idem-guard[postgres]"' in done.stderr) == (2, True), done.stderr


def test_another_module_that_is_missing_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_: object) -> int:
        raise ModuleNotFoundError("No module named 'x'", name="x")

    monkeypatch.setitem(cli.COMMANDS, "stats", dataclasses.replace(cli.COMMANDS["stats"], run=run))
    with pytest.raises(ModuleNotFoundError):
        cli.main(["stats"])
