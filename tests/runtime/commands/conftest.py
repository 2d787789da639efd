"""The command line in this process, a schema of its own, and records to look after."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import psycopg
import pytest

from idem_runtime import Idempotency, money_moving
from idem_runtime.operate import cli
from tests.runtime import postgres
from tests.runtime.conftest import prepared, shared_folder

Database: TypeAlias = psycopg.Connection[Any]
Run: TypeAlias = Callable[..., tuple[int, str]]
Pay: TypeAlias = Callable[[str], int]
SCOPE = "5:alice3:pay"
POST = "5:alice22:POST /wallet/transfers"
WHO = ("--by", "ann", "--why", "seen in the rail's report")
ROW = (
    "INSERT INTO idempotency_records (scope, idempotency_key, status, expiry_time, in_progress_expiry, created_at)"
    " VALUES (%s, %s, 'INPROGRESS', now(), now() + %s::interval, now() + %s::interval)"
)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[postgres.Server]:
    """A server of these tests, with nothing for ``doctor`` to complain of: the others' does without ``fsync``."""
    folder = shared_folder(tmp_path_factory, worker_id) / "durable"
    folder.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(postgres.SETTINGS, "fsync", "on")
            running = stack.enter_context(postgres.shared(folder, postgres.chosen()))
        yield running


@pytest.fixture(scope="session")
def dsn(server: postgres.Server, worker_id: str) -> str:
    """This worker's own database there."""
    return prepared(server, worker_id)


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DATABASE_URL",
        "IDEM_DSN",
        "IDEM_TABLE",
        "IDEM_SCHEMA_NAME",
        "IDEM_RETENTION",
        "ALEMBIC_CONFIG",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, and what was said on standard output and then on standard error."""

    def runner(*arguments: str) -> tuple[int, str]:
        try:
            code = cli.main(arguments)
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return runner


@pytest.fixture
def spare(db: Database) -> Iterator[str]:
    """A schema that is not there yet, and is gone afterwards; its name has all that names can have."""
    name = 'Spare "{table}" %s 100% \'é:x'
    yield name
    db.execute(psycopg.sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(psycopg.sql.Identifier(name)))


@pytest.fixture
def pay(dsn: str, db: Database) -> Iterator[Pay]:
    idem = Idempotency(dsn)
    idem.install()

    @money_moving(operation="pay", effect="external", key=lambda key: key, principal=lambda key: "alice")
    def pay(key: str) -> int:
        if key.endswith("crash"):
            raise RuntimeError
        return 7

    yield pay
    idem.close()


@pytest.fixture
def unknown(pay: Pay) -> Pay:
    """``pay``, with an unknown outcome under the key ``crash``."""
    with pytest.raises(RuntimeError):
        pay("crash")
    return pay


def quoted(*parts: str) -> str:
    return psycopg.sql.Identifier(*parts).as_string(None)


@pytest.fixture
def role(db: Database, worker_id: str) -> Iterator[str]:
    """A role that may do nothing with our tables yet; roles are the whole server's."""
    name = f'weak: "{worker_id}"'
    drop = f"DROP OWNED BY {quoted(name)}; DROP ROLE {quoted(name)}"
    db.execute(f"CREATE ROLE {quoted(name)} LOGIN")
    yield name
    db.execute(drop)


needs_standby = pytest.mark.skipif(
    not (postgres.chosen() / "pg_basebackup").exists(), reason="no pg_basebackup in this installation"
)


@contextlib.contextmanager
def standby(primary: postgres.Server, name: str) -> Iterator[postgres.Server]:
    """A server that follows ``primary``, which knows it by ``name``."""
    folder, port, who = postgres.make_folder("idem-replica-"), postgres.free_port(), postgres.unprivileged()
    data = folder / "data"
    copy = [primary.binaries / "pg_basebackup", "-D", data, "-R", "-c", "fast", "-d", primary.dsn()]
    same = " ".join(f"-c {setting}={value}" for setting, value in postgres.SETTINGS.items())
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c cluster_name={name} {same}"
    start = [primary.binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"]
    for command in (copy, start):
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, **who)
    running = postgres.Server(folder, port, primary.binaries)
    try:
        yield running
    finally:
        if (data / "postmaster.pid").exists():
            postgres.stop(running)
