"""The keys of names: on the disk or committed before they are used, the same for all who ask."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from idem_runtime import ConfigurationError
from idem_runtime.client import (
    AsyncPostgresIntents,
    FileIntents,
    PostgresIntents,
    StoreUnreadable,
    intent,
)
from idem_runtime.client.file_intents import TEMPORARY
from tests.runtime.calls import Database

NAME = "invoice-2231 / été"
Store = FileIntents | PostgresIntents


@pytest.fixture
def table(dsn: str, db: Database) -> str:
    """The DSN of an empty table."""
    db.execute(PostgresIntents(db).creation())  # type: ignore[call-overload]
    db.execute("TRUNCATE idempotency_intents")
    return dsn


@pytest.fixture(params=["file", "pool", "connection"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "file":
        yield FileIntents(tmp_path / "deeper" / "intents")
        return
    dsn = request.getfixturevalue("table")
    if request.param == "pool":
        with ConnectionPool(dsn, min_size=1, max_size=4, open=True) as pool:
            yield PostgresIntents(pool)
    else:
        with psycopg.connect(dsn, row_factory=dict_row) as connection:
            yield PostgresIntents(connection)


def age(store: Store, name: str, by: timedelta) -> None:
    """Make an entry older."""
    if isinstance(store, PostgresIntents):
        with store._transaction() as db:
            db.execute(
                "UPDATE idempotency_intents SET created_at = created_at - %s WHERE name = %s", (by, name)
            )
        return
    file = store._file(name)
    entry = json.loads(file.read_text())
    file.write_text(json.dumps(entry | {"made": entry["made"] - by.total_seconds()}))
    os.utime(file, times=(0, file.stat().st_mtime - by.total_seconds()))


def test_a_name_has_one_key_until_it_is_forgotten(store: Store) -> None:
    first, again, other = store.keep(NAME), store.keep(NAME), store.keep("other")
    assert first.key == again.key != other.key
    assert 0 <= first.age <= again.age < 60
    store.forget(NAME)
    store.forget(NAME)
    assert store.keep(NAME).key != first.key
    assert store.keep("other").key == other.key


def test_a_key_knows_its_age_and_an_old_one_stays_until_it_is_purged(store: Store) -> None:
    old, new = store.keep("old"), store.keep("new")
    age(store, "old", timedelta(days=3))
    assert 3 * 86_400 <= store.keep("old").age < 3 * 86_400 + 60
    assert store.purge(older_than=timedelta(days=4)) == 0
    assert store.keep("old").key == old.key
    assert store.purge(older_than=timedelta(days=2)) == 1
    assert store.keep("new").key == new.key
    assert store.keep("old").key != old.key


@pytest.mark.parametrize("older_than", [timedelta(hours=23), 0, "a day"])
def test_what_servers_still_remember_is_not_purged(store: Store, older_than: Any) -> None:
    with pytest.raises(ConfigurationError, match="a day at least"):
        store.purge(older_than)


RACE = """
import os, sys, psycopg
from idem_runtime.client import FileIntents, PostgresIntents
where, names = sys.argv[1], sys.argv[2].split()
start, started = os.pipe()
racers = []
for _ in range(3):
    heard, said = os.pipe()
    racers.append(heard)
    if os.fork() == 0:
        store = PostgresIntents(psycopg.connect(where)) if where.startswith("postgresql") else FileIntents(where)
        os.read(start, 1)
        os.write(said, " ".join(str(store.keep(name).key) for name in names).encode())
        os._exit(0)
    os.close(said)
os.write(started, b"123")
for heard in racers:
    print(os.fdopen(heard).read())
"""


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_processes_that_race_for_names_get_the_same_keys(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    where = str(tmp_path / "raced") if kind == "file" else request.getfixturevalue("table")
    names = " ".join(f"n{number}" for number in range(20))
    done = subprocess.run(
        [sys.executable, "-c", RACE, where, names], capture_output=True, text=True, timeout=180, check=False
    )
    assert done.stderr == ""
    first, *others = [line.split() for line in done.stdout.splitlines()]
    assert others == [first, first]
    assert len(set(first)) == 20


@pytest.mark.parametrize("store", ["file", "pool"], indirect=True)
def test_threads_that_race_for_a_name_get_the_same_key(store: Store) -> None:
    with ThreadPoolExecutor(8) as many:
        assert len({kept.key for kept in many.map(lambda _: store.keep(NAME), range(40))}) == 1


# Files


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "7", "null", '{"name": "x"}', '{"name": "x", "key": "short", "made": 1}', "\xff"],
)
def test_an_entry_that_cannot_be_read_is_not_taken_for_a_new_one(tmp_path: Path, content: str) -> None:
    store = FileIntents(tmp_path)
    store._file("x").write_bytes(content.encode("latin-1"))
    with pytest.raises(StoreUnreadable, match="so nothing was sent") as caught:
        store.keep("x")
    assert caught.value.intent == "x"


def test_the_entry_of_another_name_is_found_out(tmp_path: Path) -> None:
    store = FileIntents(tmp_path)
    store.keep("y")
    store._file("y").rename(store._file("x"))
    with pytest.raises(StoreUnreadable, match="of another intent"):
        store.keep("x")


def test_what_a_crash_left_is_not_read_and_is_purged(tmp_path: Path) -> None:
    store = FileIntents(tmp_path)
    torn = tmp_path / f"{uuid4().hex}{TEMPORARY}"
    torn.write_text('{"name": "x", "k')
    os.utime(torn, times=(0, 0))
    kept = store.keep("x")
    assert store.purge(timedelta(days=30)) == 0
    assert not torn.exists()
    assert store.keep("x").key == kept.key


def test_what_is_none_of_the_stores_is_not_purged(tmp_path: Path) -> None:
    store = FileIntents(tmp_path)
    store.keep("x")
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "README").write_text("of the operator")
    for path in tmp_path.iterdir():
        os.utime(path, times=(0, 0))
    assert store.purge(timedelta(days=1)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README", "lost+found"]


def test_a_store_may_be_purged_before_anything_was_kept(tmp_path: Path) -> None:
    store = FileIntents(tmp_path / "not" / "there")
    assert store.purge(timedelta(days=1)) == 0
    store.forget("x")
    assert not store.path.exists()


@pytest.mark.parametrize("path", ["intents", "./intents", "../intents", "~/intents", ""])
def test_a_folder_that_depends_on_where_the_program_is_started_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError, match="give the whole path, such as '/"):
        FileIntents(path)


def test_what_somebody_else_has_purged_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileIntents(tmp_path)
    store.keep("x")
    gone = [tmp_path / ("0" * 64)]
    monkeypatch.setattr(Path, "iterdir", lambda _: iter(gone))
    assert store.purge(timedelta(days=1)) == 0


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        FileIntents(tmp_path / "file").keep("x")


def test_where_folders_cannot_be_opened_they_are_not_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows: opening the folder here would fail, too."""
    monkeypatch.setattr("idem_runtime.client.file_intents.os.name", "nt")
    monkeypatch.setattr("idem_runtime.client.file_intents.Path", type(tmp_path))
    store = FileIntents(tmp_path)
    assert store.keep("x").key == store.keep("x").key


# Postgres


def test_a_connection_in_a_transaction_is_refused(table: str) -> None:
    with psycopg.connect(table) as connection:
        connection.execute("SELECT 1")
        with pytest.raises(ConfigurationError, match="is in a transaction"):
            PostgresIntents(connection).keep("x")


def test_a_connection_in_a_pipeline_is_refused(table: str) -> None:
    with (
        psycopg.connect(table) as connection,
        connection.pipeline(),
        pytest.raises(ConfigurationError, match="is in a pipeline"),
    ):
        PostgresIntents(connection).keep("x")


@pytest.mark.parametrize("cursors", [psycopg.RawCursor, psycopg.ClientCursor])
def test_a_connection_may_have_cursors_of_any_kind(table: str, cursors: Any) -> None:
    with psycopg.connect(table, cursor_factory=cursors) as connection:
        store = PostgresIntents(connection)
        kept = store.keep("x")
        assert store.keep("x").key == kept.key
        assert store.purge(timedelta(days=1)) == 0
        store.forget("x")
        assert store.keep("x").key != kept.key


@pytest.mark.parametrize("level", psycopg.IsolationLevel)
def test_a_key_is_committed_at_every_isolation_level(
    table: str, db: Database, level: psycopg.IsolationLevel
) -> None:
    with psycopg.connect(table) as connection:
        connection.isolation_level = level
        kept = PostgresIntents(connection).keep("x")
        assert db.execute("SELECT idempotency_key FROM idempotency_intents").fetchall() == [(kept.key,)]


def test_a_key_is_durable_where_other_commits_are_not(table: str) -> None:
    with psycopg.connect(table, options="-c synchronous_commit=off") as connection:
        store = PostgresIntents(connection)
        with store._transaction() as db:
            for query in ("read_committed", "durable"):
                db.execute(store._query(query))
            assert db.execute("SHOW synchronous_commit").fetchone() == ("local",)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("off",)


def test_another_table_and_schema(table: str, db: Database) -> None:
    db.execute('CREATE SCHEMA IF NOT EXISTS "o""dd"')
    store = PostgresIntents(db, table='in"tents', schema='o"dd')
    db.execute(store.creation())  # type: ignore[call-overload]
    db.execute(store.creation())  # type: ignore[call-overload]
    assert store.keep("x").key == store.keep("x").key
    for name in ("", "a%s", "a\0"):
        with pytest.raises(ConfigurationError, match="cannot be the name"):
            PostgresIntents(db, table=name)


@pytest.mark.parametrize("kind", ["pool", "connection"])
def test_async_code_has_an_async_store(table: str, db: Database, kind: str) -> None:
    async def main() -> None:
        async with contextlib.AsyncExitStack() as ending:
            source: Any
            if kind == "pool":
                source = await ending.enter_async_context(AsyncConnectionPool(table, min_size=1, open=False))
            else:
                source = await ending.enter_async_context(await psycopg.AsyncConnection.connect(table))
            store = AsyncPostgresIntents(source)
            async with intent(NAME, store=store) as own, intent("step") as step:
                assert own.key_for("POST /t") != step.key_for("POST /t")
            kept = await store.keep(NAME)
            assert (await store.keep(NAME)).key == kept.key
            db.execute("UPDATE idempotency_intents SET created_at = created_at - interval '3 days'")
            assert await store.purge(timedelta(days=4)) == 0
            assert await store.purge(timedelta(days=2)) == 1
            await store.keep(NAME)
            await store.forget(NAME)
            assert (await store.keep(NAME)).key != kept.key

    asyncio.run(main())
