"""``pool=`` as a function of the principal: effect and record of each tenant are in its own database, and nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from flask import Flask, request
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from idem_runtime import (
    ConfigurationError,
    Idempotency,
    StoreUnavailable,
    current_attempt,
    money_moving,
)
from idem_runtime.drivers.pool_sources import database_name
from idem_runtime.drivers.table import Table
from idem_runtime.idempotency import runtime_of
from idem_runtime.testing import storm
from tests.runtime import orm, postgres
from tests.runtime.calls import INSERT, finished
from tests.runtime.sharded_bank import bank, changing

TENANTS = ("alice", "bob", "carol")
KEY: dict[str, Any] = {"key": lambda key, *_: key}


@pytest.fixture(scope="module", params=["databases", pytest.param("servers", marks=pytest.mark.exhaustive)])
def databases(
    request: pytest.FixtureRequest, server: postgres.Server, worker_id: str
) -> Iterator[dict[str, str]]:
    """One to each tenant, on one server or on one each: their DSNs."""
    names = {tenant: f"shard_{tenant}_{worker_id}" for tenant in TENANTS}
    with contextlib.ExitStack() as ending:
        servers = dict.fromkeys(TENANTS, server)
        if request.param == "servers":
            for tenant in TENANTS:
                servers[tenant] = postgres.start(postgres.chosen())
                ending.callback(postgres.stop, servers[tenant])
        for tenant, name in names.items():
            admin = ending.enter_context(psycopg.connect(servers[tenant].dsn(), autocommit=True))
            admin.execute(f"CREATE DATABASE {name}".encode())
            ending.callback(admin.execute, f"DROP DATABASE {name} WITH (FORCE)".encode())
            with psycopg.connect(servers[tenant].dsn(name), autocommit=True) as db:
                db.execute(Table().creation().encode())
                db.execute("CREATE TABLE ledger (id serial PRIMARY KEY, who text, amount int NOT NULL)")
        yield {tenant: servers[tenant].dsn(name) for tenant, name in names.items()}


@pytest.fixture
def shards(databases: dict[str, str]) -> dict[str, str]:
    """They are empty."""
    for dsn in databases.values():
        with psycopg.connect(dsn, autocommit=True) as db:
            db.execute("TRUNCATE idempotency_records, ledger RESTART IDENTITY")
    return databases


def kept(shards: dict[str, str]) -> dict[str, tuple[int, int]]:
    """Records and effects of each database that has any."""
    found: dict[str, tuple[int, int]] = {}
    for tenant, dsn in shards.items():
        with psycopg.connect(dsn) as db:
            row = db.execute(
                "SELECT (SELECT count(*) FROM idempotency_records), (SELECT count(*) FROM ledger)"
            ).fetchone()
            assert row is not None
            if row != (0, 0):
                found[tenant] = row
    return found


def tenant_of(request: Any) -> str | None:
    return request.headers.get("x-tenant")


@contextlib.contextmanager
def functions(shards: dict[str, str], **more: Any) -> Iterator[Any]:
    idem = Idempotency(pool=shards.__getitem__, **more)
    idem.install()

    @money_moving(operation="pay", principal=lambda key, amount, who: who, **KEY)
    def pay(key: str, amount: int, who: str, db: Any = idem.lent) -> str:
        db.execute(INSERT, (amount,))
        return f"{who} {amount}"

    pay.idem = idem
    try:
        yield pay
    finally:
        idem.close()


def test_each_tenants_effect_and_record_are_in_its_own_database(shards: dict[str, str]) -> None:
    with functions(shards) as pay:
        for who in ("alice", "alice", "bob", "bob", "carol"):
            assert pay("k", 7, who) == f"{who} 7"
        assert len(runtime_of(pay.idem).shards()) == 3
    assert kept(shards) == dict.fromkeys(TENANTS, (1, 1))


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_dependency_borrows_from_the_database_of_who_asks(colour: str, shards: dict[str, str]) -> None:
    app = bank(Idempotency(pool=shards.__getitem__, principal=tenant_of))
    came = storm(app, f"/{colour}", body=b"", headers={"x-tenant": "bob"}, other_tenant={"x-tenant": "carol"})
    came.assert_executed_once()
    assert kept(shards) == {"bob": (1, 1), "carol": (1, 1)}
    storm(app, "/note", body=b"", headers={"x-tenant": "alice"}, duplicates=1)
    assert kept(shards)["alice"] == (0, 1)
    nobody = storm(app, f"/{colour}", body=b"", duplicates=1)
    unknown = storm(app, f"/{colour}", body=b"", headers={"x-tenant": "dave"}, duplicates=1)
    assert (nobody.answers[0].status, unknown.answers[0].status) == (401, 503)


def test_flask_views_work_in_the_database_of_who_asks(shards: dict[str, str]) -> None:
    idem, app = Idempotency(pool=shards.__getitem__, principal=tenant_of), Flask(__name__)
    idem.init_app(app)

    @app.post("/pay")
    @money_moving
    def pay() -> dict[str, int]:
        idem.sync_connection().execute(INSERT, (7,))
        return {"amount": 7}

    came = storm(app, "/pay", body=b"", headers={"x-tenant": "bob"}, other_tenant={"x-tenant": "alice"})
    came.assert_executed_once()
    assert kept(shards) == {"alice": (1, 1), "bob": (1, 1)}
    idem.close()


def test_external_effects_are_claimed_where_their_tenant_is(shards: dict[str, str]) -> None:
    idem = Idempotency(pool=shards.__getitem__, lease=0.2)
    idem.install()

    @money_moving(operation="send", effect="external", principal=lambda key, who: who, **KEY)
    def send(key: str, who: str) -> bool:
        import time

        time.sleep(0.5)  # longer than the lease: it is renewed in the same database
        return current_attempt().lost

    assert send("k", "carol") is send("k", "carol") is False
    assert kept(shards) == {"carol": (1, 0)}
    idem.close()


def test_engines_and_pools_of_both_kinds_are_shards_as_well(shards: dict[str, str]) -> None:
    async def main() -> None:
        engine = orm.async_engine(shards["bob"])
        async with AsyncConnectionPool(shards["carol"], min_size=0, max_size=2, open=False) as pool:
            both = (ConnectionPool(shards["alice"], min_size=0, max_size=2, open=False, name="own"), pool)
            pools: dict[str, Any] = {"alice": both, "bob": engine, "carol": pool}
            names = {who: database_name(given) for who, given in pools.items()}
            idem = Idempotency(pool=pools.__getitem__)
            idem.install()

            @money_moving(operation="pay", principal=lambda key, who: who, connection="inside", **KEY)
            async def pay(key: str, who: str) -> str:
                if who == "bob":
                    (await idem.session()).add(orm.Entry(amount=7))
                else:
                    await (await idem.connection()).execute(INSERT, (7,))
                return who

            for who in ("bob", "carol"):
                assert await pay("k", who) == await pay("k", who) == who
            assert names["alice"] == "own"
            assert names["bob"].endswith("/" + shards["bob"].rpartition("/")[2])
            await idem.aclose()
        await engine.dispose()

    asyncio.run(main())
    assert kept(shards) == {"bob": (1, 1), "carol": (1, 1)}
    assert database_name("postgresql://u:secret@h:1/d") == "h:1/d"


def nowhere(principal: str) -> Any:
    raise KeyError(principal)


@pytest.mark.parametrize("pool_of", [nowhere, {}.get], ids=["raises", "gives nothing"])
def test_who_has_no_database_is_refused_and_logged(pool_of: Any, caplog: pytest.LogCaptureFixture) -> None:
    with functions({}) as pay:
        runtime_of(pay.idem)._pool_of = pool_of  # type: ignore[attr-defined]
        with caplog.at_level(logging.ERROR), pytest.raises(StoreUnavailable):
            pay("k", 7, "alice")
    assert "pool= found no database for a principal" in caplog.text


def test_an_earlier_principal_of_another_database_is_refused(shards: dict[str, str]) -> None:
    idem = Idempotency(pool=shards.__getitem__)
    idem.install()

    def earlier(key: str, before: str) -> str:
        return before

    @money_moving(
        operation="pay", principal=lambda key: "alice", previous_principals=(earlier,), key=lambda key: key
    )
    def pay(key: str, before: str = "bob", db: Any = idem.lent) -> None:
        db.execute(INSERT, (7,))

    with pytest.raises(ConfigurationError, match="have different databases"):
        pay("k")
    pay("k", "alice")
    assert kept(shards) == {"alice": (1, 1)}
    idem.close()


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_call_for_somebody_else_in_another_database_is_refused(colour: str, shards: dict[str, str]) -> None:
    idem = Idempotency(pool=shards.__getitem__)
    idem.install()
    mark = {"principal": lambda key, who: who, "connection": "inside", **KEY}

    @money_moving(operation="entry", **mark)
    def entry(key: str, who: str) -> None:
        idem.sync_connection().execute(INSERT, (1,))

    @money_moving(operation="pay", **mark)
    def pay(key: str, who: str) -> None:
        entry(key, "bob")

    @money_moving(operation="entry", **mark)
    async def entry_async(key: str, who: str) -> None:
        await (await idem.connection()).execute(INSERT, (1,))

    @money_moving(operation="pay", **mark)
    async def pay_async(key: str, who: str) -> None:
        await entry_async(key, "bob")

    def call(who: str) -> Any:
        return pay("k", who) if colour == "sync" else finished(idem, lambda: pay_async("k", who))

    with pytest.raises(ConfigurationError, match="have different databases"):
        call("alice")
    call("bob")
    assert kept(shards) == {"bob": (2, 1)}
    idem.close()


def test_a_principal_that_is_known_too_late_for_a_dependency_is_refused(shards: dict[str, str]) -> None:
    def who(request: Any) -> str:
        return getattr(request.state, "tenant", "bob")

    app = changing(Idempotency(pool=shards.__getitem__, principal=who))
    for path, said in (
        ("/marked?who=bob", "pool= needs the principal"),
        ("/changed", "the principal has changed"),
    ):
        (answer,) = storm(app, path, body=b"", duplicates=1).answers
        assert answer.status == 500
        with pytest.raises(ConfigurationError, match=said):
            asyncio.run(_called(app, path))
    assert kept(shards) == {}


async def _called(app: FastAPI, path: str) -> None:
    """What the application raises."""
    from idem_runtime.testing.asgi_calls import _scope
    from idem_runtime.testing.http_requests import http_request

    request = http_request("POST", path, {}, json=None, body=b"", key="k")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None: ...

    await app(_scope(request, {}), receive, send)


def test_what_has_no_principal_has_no_database(shards: dict[str, str]) -> None:
    async def looked_up(principal: str) -> str:
        return shards[principal]

    with pytest.raises(ConfigurationError, match="that is not async"):
        Idempotency(pool=looked_up)
    runtime = runtime_of(Idempotency(pool=shards.__getitem__))
    for ask in (runtime.sync_store, runtime.async_store, lambda: runtime.ask_from_a_thread(iter(()))):  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError, match="is a function of the principal, and nobody asks here"):
            ask()
    asyncio.run(runtime.look())


def test_the_lock_is_left_out_in_every_database(shards: dict[str, str]) -> None:
    with functions(shards) as pay:
        pay("k", 7, "alice")
        pay.idem.without_lock()
        pay("k", 7, "bob")
        assert [shard.policy.locked for shard in runtime_of(pay.idem).shards()] == [False, False]


def test_unknown_outcomes_are_counted_in_each_database(shards: dict[str, str]) -> None:
    from idem_runtime.telemetry import instrument, names
    from tests.runtime.telemetry.test_telemetry import Told

    with functions(shards) as pay:
        for who in ("alice", "bob"):
            pay("k", 7, who)
        told = Told()
        stop = instrument(pay.idem, tracer_provider=told.tracers, meter_provider=told.meters)
        data = told._metrics.get_metrics_data()
        stop()
    assert data is not None
    points = [
        dict(point.attributes)
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
        if metric.name == names.UNKNOWN
        for point in metric.data.data_points
    ]
    assert {point[names.SHARD].rpartition("/")[2] for point in points} == {
        shards[who].rpartition("/")[2] for who in ("alice", "bob")
    }


def test_sessions_of_the_applications_own_join_in_the_database_of_who_asks(shards: dict[str, str]) -> None:
    engines = {who: orm.sqlalchemy.create_engine(orm.url(dsn)) for who, dsn in shards.items()}
    idem, app = Idempotency(pool=engines.__getitem__, principal=tenant_of), Flask(__name__)
    idem.init_app(app)

    def write(who: str) -> dict[str, int]:
        with orm.Session(engines[who]) as session:
            session.add(orm.Entry(amount=7))
            session.commit()
        return {"amount": 7}

    @app.before_request
    def before() -> None:
        with orm.Session(engines[request.headers["x-engine"]]) as session:
            session.execute(orm.sqlalchemy.text("SELECT 1"))

    @app.post("/pay")
    @money_moving(connection="inside")
    def pay() -> dict[str, int]:
        return write(request.headers["x-engine"])

    def send(who: str, engine: str) -> Any:
        return storm(app, "/pay", body=b"", headers={"x-tenant": who, "x-engine": engine}, duplicates=2)

    runtime_of(idem).shard("bob")  # the engine is joined when its database is asked for the first time
    send("bob", "bob").assert_executed_once()
    assert {answer.status for answer in send("alice", "bob").answers} == {500}
    assert kept(shards) == {"bob": (1, 1)}
    for engine in engines.values():
        engine.dispose()


def test_a_function_works_on_the_engine_of_its_principal_only(shards: dict[str, str]) -> None:
    engines = {who: orm.sqlalchemy.create_engine(orm.url(dsn)) for who, dsn in shards.items()}
    idem = Idempotency(pool=engines.__getitem__)
    idem.install()

    @money_moving(operation="pay", principal=lambda key, who, other: who, connection="inside", **KEY)
    def pay(key: str, who: str, other: str) -> None:
        with orm.Session(engines[other]) as session:
            session.add(orm.Entry(amount=7))
            session.commit()

    pay("k", "bob", "bob")
    pay("first", "alice", "alice")
    with pytest.raises(ConfigurationError, match="the engine of another database"):
        pay("k", "alice", "bob")
    assert kept(shards) == {"alice": (1, 1), "bob": (1, 1)}
    idem.close()
    for engine in engines.values():
        engine.dispose()


def test_an_async_principal_is_too_late_for_a_session(shards: dict[str, str]) -> None:
    from idem_runtime.adapters.http.shard_choice import cannot_wait

    async def who() -> str:
        return "bob"

    with pytest.raises(ConfigurationError, match="principal= is async"):
        cannot_wait(who())


@pytest.mark.parametrize("more", [{"dsn": "postgresql://x/"}, {"using": "default"}])
def test_the_function_gives_every_database(more: dict[str, str], shards: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="leave DSN and using= out"):
        Idempotency(pool=shards.__getitem__, **more)  # type: ignore[arg-type]
    runtime = runtime_of(Idempotency(pool=shards.__getitem__))
    runtime.must_have_store()
    with pytest.raises(
        ConfigurationError, match="pool= is a function, and every engine that it gives is joined"
    ):
        runtime.join(object())


def test_where_there_is_one_database_it_is_that_of_every_principal() -> None:
    runtime = runtime_of(Idempotency("postgresql://nowhere.invalid/bank"))
    assert runtime.shard("alice") is runtime.shard("bob") is runtime
    assert runtime.shards() == [runtime]
