"""A real Alembic environment in a folder of its own, on a database of its own."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from tests.runtime import postgres
from tests.runtime.commands.conftest import Run, quoted

ENVIRONMENT = """\
from alembic import context
from sqlalchemy import Column, Integer, MetaData, NullPool, Table, create_engine

import idem_runtime

theirs = MetaData(naming_convention={"ix": "i_%(column_0_label)s", "pk": "p_%(table_name)s"})
Table("accounts", theirs, Column("id", Integer, primary_key=True), Column("owner", Integer, index=True))
config = context.config
ours = config.attributes.get("ours", lambda: [idem_runtime.sqlalchemy_metadata()])()
options = {
    "target_metadata": [theirs, *ours],
    "compare_type": True,
    "compare_server_default": True,
    "include_schemas": config.attributes.get("include_schemas", False),
}
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = create_engine(config.get_main_option("sqlalchemy.url"), poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()
"""
REVISION = """\
from alembic import op
revision, down_revision, branch_labels, depends_on = {name!r}, {after!r}, {labels!r}, None
def upgrade():
    {upgrade}
def downgrade():
    {downgrade}
"""
ACCOUNTS = (
    'op.execute("CREATE TABLE accounts (id serial CONSTRAINT p_accounts PRIMARY KEY, owner int)");'
    ' op.execute("CREATE INDEX i_accounts_owner ON accounts (owner)")'
)
Alembic: TypeAlias = Callable[..., Any]


@pytest.fixture(scope="module")
def database(server: postgres.Server, worker_id: str) -> Iterator[str]:
    """A database for these tests; its DSN."""
    name = f"alembic_{worker_id}"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        yield server.dsn(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def bank(database: str, spare: str) -> str:
    """The database, empty."""
    with psycopg.connect(database) as connection:
        for schema in ("public", spare):
            connection.execute(f"DROP SCHEMA IF EXISTS {quoted(schema)} CASCADE".encode())
        connection.execute("CREATE SCHEMA public")
    return database


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bank: str) -> Path:
    """A folder with an Alembic environment in it, where we are; the versions have one revision, ``first``."""
    monkeypatch.chdir(tmp_path)
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "migrations" / "env.py").write_text(ENVIRONMENT)
    (tmp_path / "migrations" / "script.py.mako").write_text(
        'revision = "${up_revision}"\ndown_revision = ${repr(down_revision)}\n'
        "def upgrade():\n    ${upgrades if upgrades else 'pass'}\n"
        "def downgrade():\n    ${downgrades if downgrades else 'pass'}\n"
    )
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n"
        f"sqlalchemy.url = {bank.replace('postgresql://', 'postgresql+psycopg://')}\n"
    )
    revision(tmp_path, "first", None, upgrade=ACCOUNTS, downgrade='op.execute("DROP TABLE accounts")')
    return tmp_path


def revision(
    project: Path,
    name: str,
    after: str | tuple[str, ...] | None,
    *,
    labels: tuple[str, ...] | None = None,
    upgrade: str = "pass",
    downgrade: str = "pass",
) -> None:
    text = REVISION.format(name=name, after=after, labels=labels, upgrade=upgrade, downgrade=downgrade)
    (project / "migrations" / "versions" / f"{name}.py").write_text(text)


@pytest.fixture
def alembic(project: Path) -> Alembic:
    """A command of Alembic's, run as its program runs it; what it printed."""

    def runner(name: str, *arguments: Any, attributes: dict[str, Any] | None = None, **options: Any) -> str:
        said = io.StringIO()
        config = Config("alembic.ini", stdout=said, output_buffer=said, attributes=attributes or {})
        getattr(command, name)(config, *arguments, **options)
        return said.getvalue()

    return runner


@pytest.fixture
def printed(run: Run, project: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Print our revision, and put it among the others."""

    def printer(*options: str) -> str:
        from idem_runtime.operate import cli

        assert cli.main(["migrate", "--format", "alembic", *options]) == 0
        text, said = capsys.readouterr()
        (project / "migrations" / "versions" / "records.py").write_text(text)
        return said

    return printer


def tables_of(bank: str) -> set[str]:
    with psycopg.connect(bank) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace >= 16384 OR relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        return {name for (name,) in names} - {"alembic_version"}
