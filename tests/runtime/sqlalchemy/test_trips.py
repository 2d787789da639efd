"""Round trips: a joined session costs what a bare one does, because our statements ride in its BEGIN and its COMMIT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from idem_runtime import Idempotency, money_moving
from idem_runtime.adapters.function.admission import FunctionAdmission
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import admission_here
from tests.runtime import orm
from tests.runtime.orm import Entry
from tests.runtime.postgres import Server
from tests.runtime.proxy import proxy
from tests.runtime.sqlalchemy.bank import Database


def commits(session: Session, times: int) -> None:
    for amount in range(times):
        session.add(Entry(amount=amount))
        session.commit()


def parts(session: Session, times: int) -> None:
    session.add(Entry(amount=1))
    session.flush()
    for amount in range(times):
        with session.begin_nested():
            session.add(Entry(amount=amount))
    session.commit()


@pytest.mark.parametrize(
    ("does", "times", "bare", "joined"),
    [
        (commits, 1, 3, 3),  # BEGIN, INSERT, COMMIT
        (commits, 3, 9, 7),  # a SAVEPOINT in the place of the second BEGIN and the third
        (parts, 2, 9, 7),  # no RELEASE
    ],
)
def test_a_joined_session_costs_no_more_round_trips(
    server: Server,
    dsn: str,
    db: Database,
    does: Callable[[Session, int], None],
    times: int,
    bare: int,
    joined: int,
) -> None:
    unprepared = {"prepare_threshold": None}  # preparing costs a trip, now and then
    with (
        proxy(server.port) as through,
        orm.engine(through.dsn(dsn), pool_size=1, connect_args=unprepared) as engine,
    ):

        def on_a_session() -> None:
            with Session(engine) as session:
                does(session, times)

        counted: Any = money_moving(
            operation="pay", key=lambda key: key, principal=lambda: "alice", connection="inside"
        )(lambda key: on_a_session())

        def trips(call: Callable[[], Any]) -> int:
            before = through.points
            call()
            return through.points - before

        on_a_session()  # SQLAlchemy makes the acquaintance of the server
        assert trips(on_a_session) == bare
        idem = Idempotency(pool=engine)
        with admission_here(FunctionAdmission(runtime_of(idem))):
            counted("first")
            assert trips(lambda: counted("second")) == joined
        idem.close()
