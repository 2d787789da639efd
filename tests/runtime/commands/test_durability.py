"""What ``doctor`` says about losing a server: a primary and its standby, under every setting that counts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest

from idem_runtime.drivers.table import Table
from idem_runtime.operate.doctor_checks import standbys
from tests.runtime import postgres
from tests.runtime.commands.conftest import Run, needs_standby, standby

SYNCHRONOUS = "east (sync, streaming), west (async, streaming)"
QUORUM = "east (quorum, streaming), west (quorum, streaming)"
ASYNCHRONOUS = "east (async, streaming), west (async, streaming)"
STATES = {
    "": ("async", "async"),
    "north": ("async", "async"),
    "east": ("sync", "async"),
    "2 (east, north)": ("sync", "async"),
    "east, west": ("sync", "potential"),
    "FIRST 2 (east, west)": ("sync", "sync"),
    "any 1 (*)": ("quorum", "quorum"),
}
"""By synchronous_standby_names: what the server says of two standbys, east and west."""
CONNECTED: list[tuple[str, str, str, str]] = [
    # synchronous_standby_names, synchronous_commit, the level, what is said
    ("", "on", "note", f"{ASYNCHRONOUS}; none is waited for: a failover can lose what was answered last"),
    ("", "remote_apply", "note", f"{ASYNCHRONOUS}; none is waited for: a failover can lose"),
    ("east", "on", "ok", f"{SYNCHRONOUS}; synchronous_commit = on: what is answered is on the disk of a synchronous standby, too"),
    ("east, west", "on", "ok", "east (sync, streaming), west (potential, streaming); synchronous_commit = on: what"),
    ("east", "remote_apply", "ok", "is on the disk of a synchronous standby and can be read there, too"),
    ("east", "remote_write", "note", "which may not have it on disk yet: lost if both machines fail at once"),
    ("east", "local", "note", "none is waited for (synchronous_commit = local does not wait for synchronous_standby_names = east): a failover can lose"),
    ("east", "off", "note", "(synchronous_commit = off does not wait for synchronous_standby_names = east)"),
    ("FIRST 2 (east, west)", "on", "ok", "what is answered is on the disk of 2 synchronous standbys, too"),
    ("any 1 (*)", "on", "ok", f"{QUORUM}; synchronous_commit = on: what is answered is on the disk of a synchronous standby"),
    ("2 (east, north)", "on", "problem", "synchronous_standby_names = 2 (east, north): 2 needed, 1 connected"),
    ("north", "on", "problem", "1 needed, 0 connected (east (async, streaming), west (async, streaming)). Every commit waits"),
]  # fmt: skip


@pytest.fixture(scope="module")
def primary() -> Iterator[postgres.Server]:
    """A server of its own: what is set here would keep everybody else's commits waiting. It runs without ``fsync``."""
    server = postgres.start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(Table().creation().encode())
        connection.execute("CREATE ROLE weak LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO weak")
    yield server
    postgres.stop(server)


def _standbys(run: Run, primary: postgres.Server, commit: str, *, role: str = "postgres") -> tuple[str, str]:
    """What ``doctor`` says about standbys: its level, and the line."""
    options = quote(f"-csynchronous_commit={commit}")
    dsn = primary.dsn().replace("postgres@", f"{role}@")
    said = run("doctor", "--dsn", f"{dsn}?options={options}")[1]
    line = next(line for line in said.splitlines() if line.split()[1] == "standbys")
    level, _, what = line.split(None, 2)
    return level.lower(), what


def _set(primary: postgres.Server, names: str, states: set[str]) -> None:
    """Set the names of synchronous standbys, and wait until the server sees its standbys so."""
    with psycopg.connect(primary.dsn(), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = local")
        connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        connection.execute("SELECT pg_reload_conf()")
        for _ in range(400):
            rows = connection.execute("SELECT application_name, state, sync_state FROM pg_stat_replication")
            if {f"{name} ({sync}, {state})" for name, state, sync in rows} == states:
                return
            time.sleep(0.05)
    raise AssertionError(f"the standbys never were {states}")


def _states(names: str) -> set[str]:
    east, west = STATES[names]
    return {f"east ({east}, streaming)", f"west ({west}, streaming)"}


@needs_standby
def test_what_a_commit_outlives_is_said_as_it_is(primary: postgres.Server, run: Run) -> None:
    with standby(primary, "east"), standby(primary, "west"):
        for names, commit, level, what in CONNECTED:
            _set(primary, names, _states(names))
            is_level, said = _standbys(run, primary, commit)
            assert (is_level, what in said) == (level, True), f"{names}, {commit}: {said}"
        _set(primary, "east", _states("east"))
        level, said = _standbys(run, primary, "on", role="weak")
        assert (level, '2 connected, of which "weak" may not see names and states' in said) == ("note", True)
        assert "whether they are among these cannot be seen" in said
        _set(primary, "", _states(""))
        assert "2 connected, of which" in _standbys(run, primary, "on", role="weak")[1]
    _set(primary, "east", set())
    for role in ("postgres", "weak"):
        level, said = _standbys(run, primary, "on", role=role)
        assert (level, "1 needed, 0 connected (none). Every commit waits" in said) == ("problem", True)
    assert "none is connected (synchronous_commit = local" in _standbys(run, primary, "local")[1]
    _set(primary, "", set())


@needs_standby
def test_the_privilege_to_see_standbys_is_named_and_enough(primary: postgres.Server, run: Run) -> None:
    with standby(primary, "east"):
        _set(primary, "", {"east (async, streaming)"})
        dsn = primary.dsn().replace("postgres@", "weak@")
        remedy = 'GRANT pg_read_all_stats TO "weak"'
        assert remedy in run("doctor", "--dsn", dsn)[1]
        with psycopg.connect(primary.dsn(), autocommit=True) as connection:
            connection.execute(remedy.encode())
            said = run("doctor", "--dsn", dsn)[1]
            connection.execute("REVOKE pg_read_all_stats FROM weak")
    assert ("east (async, streaming)" in said, remedy in said) == (True, False)


@needs_standby
def test_a_replica_is_not_the_primary(primary: postgres.Server, run: Run) -> None:
    with standby(primary, "east") as replica:
        code, said = run("doctor", "--dsn", replica.dsn())
        assert (code, "this server is a replica" in said, "point the DSN at the primary" in said) == (
            1,
            True,
            True,
        )
        assert "durability" not in said, "what its settings are says nothing about who is written to"
        code, said = run("purge", "--dsn", replica.dsn())
        assert (code, "point the DSN at the primary" in said) == (2, True)


def test_settings_that_a_crash_of_the_machine_does_not_forgive_are_named(
    primary: postgres.Server, run: Run
) -> None:
    with psycopg.connect(primary.dsn(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
        while connection.execute("SHOW full_page_writes").fetchone() == ("on",):
            time.sleep(0.05)
        code, said = run("doctor", "--dsn", primary.dsn())
        connection.execute("ALTER SYSTEM RESET full_page_writes")
        connection.execute("SELECT pg_reload_conf()")
    lines = [line.split(None, 2) for line in said.splitlines() if " durability " in line]
    assert (code, [(level, what.split(":")[0]) for level, _, what in lines]) == (
        1,
        [("PROBLEM", "fsync is off"), ("note", "full_page_writes is off")],
    )
    assert "what is answered is on this server's disk" not in said


def test_storage_that_is_not_the_servers_own_is_not_judged(primary: postgres.Server, run: Run) -> None:
    code, said = run("doctor", "--dsn", f"{primary.dsn()}?options={quote('-cneon.timeline_id=1')}")
    assert (code, "Neon keeps commits in storage of its own" in said, "fsync" in said) == (0, True, False)
    assert "standbys" not in said


def test_who_copies_a_server_is_no_standby() -> None:
    row = {"synchronous_standby_names": "", "synchronous_commit": "on"}
    copying = {"name": "pg_basebackup", "state": "backup", "sync_state": "async"}
    finding = standbys.check(row, [copying], visible=True, role="x")
    assert finding.what.startswith("none is connected")
