"""Connections that are no good: closed by the server while they waited, or to a server that can only be read."""

import socket
from typing import Annotated, Any

import psycopg
import pytest
from fastapi import Depends, FastAPI
from psycopg.conninfo import make_conninfo

from idem_runtime import Idempotency, money_moving
from idem_runtime.drivers.checkout import closed_meanwhile
from idem_runtime.model import Execute, Refuse, Response, StoreError
from idem_runtime.protocol import external_effect, local_effect
from tests.runtime.adapters.asking import post, tenant
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.calls import INSERT, Database, Job, mark
from tests.runtime.proxy import Side, proxy
from tests.runtime.stores import COLOURS, KINDS, ask, finished, on, settled, store

TERMINATE = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = 'idle' """


@KINDS
@COLOURS
def test_after_the_server_closed_idle_connections_no_call_fails(
    dsn: str, db: Database, kind: str, colour: str
) -> None:
    """Three of them wait in the pool; three calls come at once."""

    async def main() -> Any:
        named = (
            make_conninfo(dsn, application_name="idle")
            if kind != "engine"
            else f"{dsn}?application_name=idle"
        )
        async with on(named, kind, colour, size=3) as idem:
            stores = [store(idem, colour) for _ in range(3)]
            for idle in stores:
                await settled(idle.borrow())
            for idle in stores:
                await settled(idle.release())
            db.execute(TERMINATE)
            lent = [
                await settled(store(idem, colour).run(external_effect.admit(ask(str(n), number=n))))
                for n in range(3)
            ]
            held = store(idem, colour)
            await settled((await settled(held.borrow())).execute("SELECT 1"))
            await settled(held.release())
            return lent

    assert finished(main) == [Execute()] * 3
    assert records(db) == 3


def test_a_message_that_is_no_goodbye_is_read_and_the_connection_stays(dsn: str, db: Database) -> None:
    with psycopg.connect(dsn, autocommit=True) as idle:
        idle.execute("LISTEN something")
        assert not closed_meanwhile(idle)
        db.execute("NOTIFY something")
        db.execute("SELECT pg_sleep(0.05)")
        assert not closed_meanwhile(idle)
        assert idle.execute("SELECT 1").fetchone() == (1,)


def test_a_connection_that_says_more_than_is_read_is_not_taken_for_a_closed_one(dsn: str) -> None:
    """A socket that stays readable, as one with a flood of notices does."""
    left, right = socket.socketpair()

    class Talking:
        socket = left.fileno()

        def consume_input(self) -> None:
            right.send(b"x")

    class Real:
        pgconn = Talking()

    right.send(b"x")
    with left, right:
        assert not closed_meanwhile(Real())  # type: ignore[arg-type]


READ_ONLY = "-c default_transaction_read_only=on"


@COLOURS
def test_a_server_that_can_only_be_read_is_no_store(dsn: str, db: Database, colour: str) -> None:
    """As a primary that has become a standby: neither executed nor replayed."""
    asked: list[str] = []

    async def main() -> None:
        readable = make_conninfo(dsn, options=READ_ONLY)
        async with on(readable, "dsn", colour) as idem:
            with pytest.raises(StoreError) as refused:
                await settled(store(idem, colour).borrow())
            asked.append(str(refused.value.sqlstate))
            assert refused.value.lost
            decision = await settled(store(idem, colour).run(external_effect.admit(ask())))
            assert isinstance(decision, Refuse)
            asked.append(decision.error.code)

    finished(main)
    assert asked == ["25006", "store_unavailable"]
    assert records(db) == 0


@COLOURS
def test_a_transaction_that_can_only_read_is_the_stores_absence_and_its_connection_goes(
    dsn: str, db: Database, colour: str
) -> None:
    """Behind a pooler that does not say what its server is: the record cannot be written."""
    verdicts: list[Any] = []

    async def main() -> None:
        async with on(dsn, "dsn", colour) as idem:
            held = store(idem, colour)
            lent = await settled(held.borrow())
            await settled(lent.execute("SET TRANSACTION READ ONLY"))
            assert await settled(held.run(local_effect.admit(ask(), begun=True))) == Execute()
            verdicts.append(
                await settled(held.run(local_effect.seal(ask(), Response(201, (), b""), undo=False)))
            )
            await settled(held.release())
            assert lent.closed

    finished(main)
    assert [verdict.error.code for verdict in verdicts] == ["store_unavailable"]
    assert records(db) == 0


@COLOURS
def test_a_connection_that_a_dependency_lost_before_the_claim_runs_the_request_again(
    dsn: str, db: Database, colour: str
) -> None:
    idem = Idempotency(dsn, principal=tenant)
    app = FastAPI()
    idem.install(app)
    passages: list[int] = []

    def lose(backend: int) -> None:
        passages.append(backend)
        if len(passages) == 1:
            db.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))

    async def caller(connection: Annotated[Any, Depends(idem.connection)]) -> Any:
        lose(connection.info.backend_pid)
        return connection

    def sync_caller(connection: Annotated[Any, Depends(idem.sync_connection)]) -> Any:
        lose(connection.info.backend_pid)
        return connection

    @app.post("/async", status_code=201)
    @money_moving
    async def pay(connection: Annotated[Any, Depends(caller)]) -> None:
        await connection.execute(INSERT, (5,))

    @app.post("/sync", status_code=201)
    @money_moving
    def sync_pay(connection: Annotated[Any, Depends(sync_caller)]) -> None:
        connection.execute(INSERT, (5,))

    async def main() -> int:
        try:
            return (await post(app, f"/{colour}")).status_code
        finally:
            await idem.aclose()

    assert finished(main) == 201
    assert (len(set(passages)), ledger(db), records(db)) == (2, [5], 1)


def test_an_effect_is_recorded_on_another_connection_where_one_is_lost(
    dsn: str, db: Database, server: Any
) -> None:
    lost: list[int] = []

    def hook(point: int, side: Side, query: bytes) -> None:
        if side == "before" and b"completed_at = clock_timestamp()" in query and len(lost) < 2:
            lost.append(point)
            backends = (
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'idle'"
            )
            with psycopg.connect(dsn, autocommit=True) as admin:
                admin.execute(backends)

    with proxy(server.port, hook=hook) as through:
        idem = Idempotency(make_conninfo(through.dsn(dsn), application_name="idle"))
        idem.install()

        @mark(effect="external")
        def pay(job: Job) -> int:
            return 1

        assert pay(Job()) == 1
        idem.close()
    assert len(lost) == 2
    assert [row[0] for row in db.execute("SELECT status FROM idempotency_records")] == ["COMPLETED"]
