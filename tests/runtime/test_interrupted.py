"""Whatever is raised between admission and end, at whatever line, releases gate, lock, lease and connection.

A signal handler may raise anywhere. So the calls below are traced, and an exception is raised at their first line of ours,
then at their second, and so on to the last one: after each, nothing is held, and a retry finds one truth.
"""

import asyncio
import dis
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Self

import psycopg
import pytest
from fastapi import Depends, FastAPI
from flask import Flask

import idem_runtime
from idem_runtime import Idempotency, InProgress, OutcomeUnknown, marks, money_moving
from idem_runtime.drivers import checkout
from idem_runtime.execution import current
from idem_runtime.idempotency import runtime_of
from tests.runtime.adapters.asking import post
from tests.runtime.adapters.contract import ledger
from tests.runtime.calls import INSERT, PATIENCE, Database, Job, mark

pytestmark = pytest.mark.filterwarnings(
    # a coroutine that was made and not awaited yet when the exception came, and what the collector says of it
    "ignore:coroutine .* was never awaited:RuntimeWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
OURS_IN_CONTEXT = (*marks.CONTEXT, current.current, current.attempt_here, current._level)
OURS = str(Path(idem_runtime.__file__).parent)
LEASE = timedelta(seconds=1)
"""A claim may be stored after it was given back: it was on its way when an exception cut it off. Its lease ends that."""
STEPS = 2_000
"""More lines than a call has."""
EVERY = 1 if os.environ.get("IDEM_TESTS") == "all" else 10
"""At which of them a call is interrupted: ``make test`` takes each tenth line, ``make test-all`` every one."""


class Interrupted(BaseException):
    """As a signal handler's: no Exception, so that nothing takes it for the handler's own."""


def leaves_a_block(frame: FrameType) -> bool:
    """Whether ``__exit__`` of a ``with`` block is called next: Python handles no signal between the block's end and that."""
    code, at = frame.f_code.co_code, frame.f_lasti
    names = [dis.opname[opcode] for opcode in code[at : at + 8 : 2]]
    raised = names[:2] == ["PUSH_EXC_INFO", "WITH_EXCEPT_START"]
    return raised or [name for name in names if name != "SWAP"][:3] == ["LOAD_CONST"] * 3


class Interrupting:
    """Raises at the line of ours with this number, once."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.where: str | None = None

    def __call__(self, frame: FrameType, event: str, argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(OURS) or frame.f_code.co_name == "__del__":
            return None
        if event == "line" and self.where is None and not leaves_a_block(frame):
            self.left -= 1
            if self.left < 0:
                self.where = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
                raise Interrupted
        return self

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)


@pytest.fixture(params=["prepared", pytest.param("simple", marks=pytest.mark.exhaustive)])
def idem(request: pytest.FixtureRequest, dsn: str, db: Database) -> Iterator[Idempotency]:
    idem = Idempotency(
        dsn, principal=lambda request: "alice", pool_size=2, pool_timeout=5, wait=PATIENCE, lease=LEASE
    )
    runtime_of(idem).where.prepares = request.param == "prepared"
    yield idem
    idem.close()


LOCKS = """
    SELECT count(*) FROM pg_locks
     WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
BEGUN = """
    SELECT count(*) FROM pg_stat_activity
     WHERE state LIKE 'idle in transaction%' AND pid <> pg_backend_pid() AND datname = current_database()
"""


def held(idem: Idempotency, db: Database) -> dict[str, Any]:
    """What is still held: it has to be nothing, as soon as the server has seen that a connection was closed."""
    until = time.monotonic() + PATIENCE
    while (seen := looked(idem, db)) != NOTHING_HELD and time.monotonic() < until:
        time.sleep(0.005)
    return seen


def looked(idem: Idempotency, db: Database) -> dict[str, Any]:
    return {
        "gate": dict(runtime_of(idem).policy.gate._running),
        "context": [variable.get() for variable in OURS_IN_CONTEXT if variable.get()],
        "locks": psycopg.Cursor(db).execute(LOCKS).fetchone(),
        "transactions": psycopg.Cursor(db).execute(BEGUN).fetchone(),
    }


NOTHING_HELD = {"gate": {}, "context": [], "locks": (0,), "transactions": (0,)}


def interrupted_everywhere(call: Callable[[str], Any], check: Callable[[str, str | None], None]) -> int:
    """Call with one key after the other, each interrupted ``EVERY`` lines later; how many were."""
    for number in range(STEPS):
        with Interrupting(number * EVERY) as interrupting, suppress(Interrupted):
            call(f"k{number}")
        check(f"k{number}", interrupting.where)
        if interrupting.where is None:
            gc.collect()  # what was not awaited is said here, where it is expected
            return number
    raise AssertionError("the call never came to its end")


def told(call: Callable[[], Any]) -> Any:
    """What ``call`` returns when nobody runs its key any more; ``None``: its outcome is unknown."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except OutcomeUnknown:
            return None
        except InProgress:
            assert time.monotonic() < until
            time.sleep(0.05)


@pytest.mark.parametrize("effect", ["local", "external"])
def test_a_function_interrupted_at_any_line_holds_nothing(
    idem: Idempotency, db: Database, effect: Any
) -> None:
    idem.install()
    calls: list[str] = []

    @mark(effect=effect)
    def pay(job: Job, db: Database = idem.lent) -> int:
        calls.append(job.id)
        db.execute(INSERT, (job.amount,))
        return 1

    def check(key: str, where: str | None) -> None:
        checkout.wait_for_returns()
        assert held(idem, db) == NOTHING_HELD, where
        assert told(lambda: pay(Job(key))) in ((1,) if effect == "local" else (1, None)), where
        assert effect == "local" or calls.count(key) <= 1, where

    lines = interrupted_everywhere(lambda key: pay(Job(key)), check)
    assert lines > 100 / EVERY
    if effect == "local":
        assert len(ledger(db)) == lines + 1, "one effect for each key"


@pytest.mark.parametrize("effect", ["local", "external"])
def test_an_async_function_interrupted_at_any_line_holds_nothing(
    idem: Idempotency, db: Database, effect: Any
) -> None:
    idem.install()
    calls: list[str] = []

    @mark(effect=effect)
    async def pay(job: Job, db: Any = idem.lent) -> int:
        calls.append(job.id)
        await db.execute(INSERT, (job.amount,))
        return 1

    with asyncio.Runner() as runner:

        def check(key: str, where: str | None) -> None:
            runner.run(checkout.wait_for_async_returns())
            assert held(idem, db) == NOTHING_HELD, where
            answer = told(lambda: runner.run(pay(Job(key))))
            assert answer in ((1,) if effect == "local" else (1, None)), where
            assert effect == "local" or calls.count(key) <= 1, where

        lines = interrupted_everywhere(lambda key: runner.run(pay(Job(key))), check)
        runner.run(idem.aclose())
    assert lines > 100 / EVERY
    if effect == "local":
        assert len(ledger(db)) == lines + 1, "one effect for each key"


def test_a_flask_view_interrupted_at_any_line_holds_nothing(idem: Idempotency, db: Database) -> None:
    web = Flask("web")
    idem.init_app(web)

    @web.post("/t")
    @money_moving
    def t() -> str:
        idem.sync_connection().execute(INSERT, (5,))
        return "done"

    def sent(key: str) -> Any:
        return web.test_client().post("/t", headers={"idempotency-key": key}, json={})

    def check(key: str, where: str | None) -> None:
        checkout.wait_for_returns()
        assert held(idem, db) == NOTHING_HELD, where
        assert sent(key).text == "done", where

    lines = interrupted_everywhere(sent, check)
    assert lines > 100 / EVERY
    assert len(ledger(db)) == lines + 1, "one effect for each key"


def test_a_fastapi_handler_interrupted_at_any_line_holds_nothing(idem: Idempotency, db: Database) -> None:
    app = FastAPI()
    idem.install(app)

    async def t(db: Annotated[Any, Depends(idem.connection)]) -> str:
        await db.execute(INSERT, (5,))
        return "done"

    app.post("/t")(money_moving(t))

    with asyncio.Runner() as runner:

        def check(key: str, where: str | None) -> None:
            runner.run(checkout.wait_for_async_returns())
            assert held(idem, db) == NOTHING_HELD, where
            assert runner.run(post(app, key=key)).json() == "done", where

        lines = interrupted_everywhere(lambda key: runner.run(post(app, key=key)), check)
        runner.run(idem.aclose())
    assert lines > 100 / EVERY
    assert len(ledger(db)) == lines + 1, "one effect for each key"
