"""How long a handler's transaction may sit idle: the setting, unless the server wants less."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from idem_runtime import HandlerTimeout, Idempotency
from idem_runtime.idempotency import runtime_of
from idem_runtime.model import Execute, Refuse, Response, Statement, StoreError
from idem_runtime.protocol import local_effect
from tests.runtime.calls import INSERT, Database
from tests.runtime.stores import COLOURS, FORMS, ask, finished, on, one, settled, store, until

SHOW = "SHOW idle_in_transaction_session_timeout"
GONE = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
LIMITS = [
    # the setting in seconds, the server's own, what holds
    (60.0, "0", "1min"),
    (2.5, "0", "2500ms"),
    (2.5, "1h", "2500ms"),
    (2.5, "200ms", "200ms"),
    (90.0, "2min", "90s"),
]


@pytest.mark.parametrize(("seconds", "servers", "holds"), LIMITS)
def test_the_lower_of_the_settings_limit_and_the_servers_holds_in_the_transaction(
    dsn: str, db: Database, seconds: float, servers: str, holds: str
) -> None:
    idem = Idempotency(make_conninfo(dsn, options=f"-c idle_in_transaction_session_timeout={servers}"))
    held = runtime_of(idem).sync_store()
    asked = ask(handler_timeout=seconds)
    assert held.run(local_effect.admit(asked, begun=False)) == Execute()
    nested = ask("nested", number=2, handler_timeout=seconds)
    assert held.run(local_effect.admit(nested, begun=True)) == Execute()
    assert held.borrow().execute(SHOW).fetchone() == (holds,)
    held.release()
    assert held.borrow().execute(SHOW).fetchone() == (servers,), "and only there"
    held.release()
    idem.close()


def test_a_limit_below_the_servers_unit_is_its_smallest_and_not_none_at_all() -> None:
    """0 would be no limit."""
    assert local_effect._claim(ask(handler_timeout=0.0001))["idle"] == "1ms"


def test_every_call_has_the_setting(dsn: str) -> None:
    from idem_runtime.marks import MoneyMoving
    from idem_runtime.protocol.fingerprint import of_value

    idem = Idempotency(dsn, handler_timeout=7)
    mark = MoneyMoving(operation="pay", key=lambda: "k")
    asked = runtime_of(idem).ask(mark, principal="alice", operation="pay", key="k", fingerprint=of_value(1))
    assert asked.handler_timeout == 7.0


@COLOURS
@FORMS
def test_the_end_of_a_transaction_that_sat_idle_is_told_from_other_losses(
    dsn: str, db: Database, colour: str, kind: str
) -> None:
    told: list[tuple[Any, ...]] = []

    async def main() -> None:
        async with on(dsn, kind, colour) as idem:
            held = store(idem, colour)
            asked = ask(handler_timeout=0.05)
            assert await settled(held.run(local_effect.admit(asked, begun=False))) == Execute()
            await settled((await settled(held.borrow())).execute(INSERT, (5,)))
            pid = held.held.info.backend_pid
            assert until(lambda: not db.execute(GONE, (pid,)).fetchall())
            with pytest.raises(StoreError) as ended:
                await settled(held.run(one(Statement("commit", {}))))
            error = ended.value
            told.append((error.sqlstate, error.timed_out, error.lost, held.closed))
            await settled(held.release())

    finished(main)
    assert told == [("25P03", True, True, True)]


@COLOURS
@FORMS
def test_what_sat_idle_is_not_sealed_and_its_key_is_free(
    dsn: str, db: Database, colour: str, kind: str
) -> None:
    async def main() -> None:
        async with on(dsn, kind, colour) as idem:
            held = store(idem, colour)
            asked = ask(handler_timeout=0.05)
            assert await settled(held.run(local_effect.admit(asked, begun=False))) == Execute()
            await settled((await settled(held.borrow())).execute(INSERT, (5,)))
            pid = held.held.info.backend_pid
            assert until(lambda: not db.execute(GONE, (pid,)).fetchall())
            response = Response(200, (), b"paid")
            verdict = await settled(held.run(local_effect.seal(asked, response, undo=False)))
            assert isinstance(verdict, Refuse)
            assert isinstance(verdict.error, HandlerTimeout)
            await settled(held.release())
            assert await settled(held.run(local_effect.admit(ask(), begun=False))) == Execute()
            await settled(held.release())

    finished(main)
    assert not db.execute("SELECT FROM ledger").fetchall()
