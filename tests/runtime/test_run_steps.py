"""Steps are sent what a call gave and thrown what it raised; nobody is left to yield when they are given up."""

import asyncio
import contextvars
import threading
import types
import warnings
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from idem_runtime import Idempotency
from idem_runtime.drivers.uncancelled import uncancelled
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.run_steps import Waits, run_async, run_sync, run_to_the_end
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Execute, Replay, Response, Sealed
from idem_runtime.protocol.fingerprint import of_value
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.calls import Database

RUN: list[Callable[[Waits[Any]], Any]] = [run_sync, lambda steps: asyncio.run(run_async(steps))]
both = pytest.mark.parametrize("run", RUN, ids=["sync", "async"])
INTERRUPTIONS = [KeyboardInterrupt, SystemExit, asyncio.CancelledError, GeneratorExit]


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


async def failing(error: BaseException) -> Any:
    await asyncio.sleep(0)
    raise error


@both
def test_values_and_what_is_to_be_awaited_are_sent_back(run: Any) -> None:
    def steps() -> Waits[list[Any]]:
        return [(yield 1), (yield None), (yield later(2)), (yield later(None))]

    assert run(steps()) == [1, None, 2, None]


@both
def test_a_generator_is_a_value_unless_it_is_a_coroutine(run: Any) -> None:
    @types.coroutine
    def made_of_a_generator() -> Any:
        return (yield from later(1).__await__())

    def steps() -> Waits[list[Any]]:
        return [(yield made_of_a_generator()), [*(yield (number for number in (2, 3)))]]

    assert run(steps()) == [1, [2, 3]]


@both
def test_steps_that_wait_for_nothing_give_their_value(run: Any) -> None:
    def steps() -> Waits[str]:
        return "done"
        yield

    assert run(steps()) == "done"


@both
def test_what_is_raised_at_a_yield_reaches_the_steps_and_they_may_go_on(run: Any) -> None:
    def inner() -> Waits[str]:
        try:
            yield failing(ValueError("one"))
        except ValueError as error:
            told = str(error)
        return told + str((yield later(" two")))

    def steps() -> Waits[str]:
        return (yield from inner())

    assert run(steps()) == "one two"


@both
def test_what_the_steps_do_not_catch_is_raised(run: Any) -> None:
    def steps() -> Waits[None]:
        yield failing(ValueError("one"))

    with pytest.raises(ValueError, match="one"):
        run(steps())


@both
def test_what_the_steps_raise_after_a_value_is_raised(run: Any) -> None:
    def steps() -> Waits[None]:
        yield 1
        raise ValueError("own")

    with pytest.raises(ValueError, match="own"):
        run(steps())


@both
@pytest.mark.parametrize("kind", INTERRUPTIONS)
def test_an_interruption_reaches_the_steps_and_is_raised(run: Any, kind: type[BaseException]) -> None:
    """Steps may clean up what does not wait, as ``finally`` does; they are over after that."""
    noted: list[str] = []

    def steps() -> Waits[None]:
        try:
            yield failing(kind())
        except Exception:  # pragma: no cover - an interruption is none
            noted.append("wrong")
            yield
        except BaseException as error:
            noted.append(type(error).__name__)
            raise
        finally:
            noted.append("closed")

    going = steps()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BaseException) as raised:
            run(going)
    assert isinstance(raised.value, kind)
    assert noted == [kind.__name__, "closed"]
    assert going.gi_frame is None  # type: ignore[attr-defined]


def test_steps_are_cancelled_where_they_wait_and_those_that_go_to_their_end_are_not() -> None:
    noted: list[str] = []

    def steps(name: str) -> Waits[None]:
        try:
            yield uncancelled(asyncio.sleep(0.05))
            noted.append(f"{name} went on")
            yield uncancelled(asyncio.sleep(0))
            noted.append(f"{name} ended")
        except asyncio.CancelledError:
            noted.append(f"{name} was cancelled")
            raise

    async def main() -> None:
        for name, run in (("one", run_async), ("two", run_to_the_end)):
            task = asyncio.ensure_future(run(steps(name)))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert noted == ["one was cancelled", "two went on", "two ended"]


def test_a_cancellation_of_steps_within_others_is_raised_at_the_end_of_the_outer_ones() -> None:
    noted: list[str] = []

    def inner() -> Waits[None]:
        yield uncancelled(asyncio.sleep(0.05))
        noted.append("inner ended")

    def outer() -> Waits[None]:
        yield run_to_the_end(inner())
        yield uncancelled(asyncio.sleep(0))
        noted.append("outer ended")

    async def main() -> None:
        task = asyncio.ensure_future(run_to_the_end(outer()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert noted == ["inner ended", "outer ended"]


def test_a_thread_waits_in_a_loop_of_its_own_also_where_it_runs_one_and_with_its_context() -> None:
    here: contextvars.ContextVar[str] = contextvars.ContextVar("here", default="")

    async def look() -> tuple[str, bool]:
        return here.get(), threading.current_thread() is threading.main_thread()

    def steps() -> Waits[Any]:
        return (yield look())

    async def main() -> Any:
        here.set("mine")
        return run_sync(steps())

    assert asyncio.run(main()) == ("mine", False)


def test_a_thread_may_say_how_it_waits() -> None:
    def steps() -> Waits[Any]:
        return (yield later(1))

    def wait(given: Any) -> str:
        given.close()
        return "waited"

    assert run_sync(steps(), wait) == "waited"


class Interrupted:
    """Takes steps as ``run_sync`` does, and interrupts them once, at the yield with the number ``at`` of all."""

    def __init__(self, at: int, kind: type[BaseException]) -> None:
        self.at = at
        self.kind = kind
        self.yields = 0

    def take(self, steps: Waits[Any]) -> Any:
        try:
            given = next(steps)
            while True:
                self.yields += 1
                if self.yields == self.at:
                    self._interrupt(steps)
                given = steps.send(given)
        except StopIteration as done:
            return done.value

    def _interrupt(self, steps: Waits[Any]) -> None:
        """``close()`` itself says where steps yield once more."""
        if self.kind is GeneratorExit:
            steps.close()
            raise GeneratorExit
        with pytest.raises(self.kind):
            steps.throw(self.kind())
        raise self.kind


def one_call(idem: Idempotency, mark: MoneyMoving, interrupted: Interrupted, raised: Exception | None) -> Any:
    """An execution as an adapter takes its steps; afterwards it has nothing any more."""
    runtime = runtime_of(idem)
    ask = runtime.ask(
        mark, principal="alice", operation="t", key="k", fingerprint=of_value({}, ignore=(), secrets={})
    )
    execution = Execution(mark, ask, runtime.policy, runtime.sync_store(), awaits=False)
    verdict: Any = None
    try:
        decision = interrupted.take(execution.admitting())
        assert isinstance(decision, Execute | Replay)
        if isinstance(decision, Execute):
            with execution.running():
                execution.borrow_sync().execute("INSERT INTO ledger (amount) VALUES (5)")
            if raised is not None:
                interrupted.take(execution.taking_back())
            answer = Response(200, (), b"") if raised is None else None
            verdict = interrupted.take(execution.finishing(answer, raised))
        interrupted.take(execution.ending())
    except BaseException as error:
        if not isinstance(error, interrupted.kind):
            raise
    finally:
        run_sync(execution.ending())
    assert execution.over
    assert not execution.holds
    assert execution.level.turn.acquire(blocking=False)
    return verdict


@pytest.mark.parametrize("kind", [KeyboardInterrupt, GeneratorExit])
@pytest.mark.parametrize("raised", [None, ValueError("its own")], ids=["answers", "raises"])
@pytest.mark.parametrize("effect", ["local", "external"])
def test_an_execution_that_is_interrupted_at_any_of_its_yields_holds_nothing_and_yields_no_more(
    dsn: str, db: Database, kind: type[BaseException], raised: Exception | None, effect: Any
) -> None:
    with closing(Idempotency(dsn, pool_size=1, pool_timeout=5)) as idem:
        mark = MoneyMoving(operation="t", effect=effect)
        at, last = 0, False
        while not last:
            at += 1
            db.execute("TRUNCATE ledger, idempotency_records")
            interrupted = Interrupted(at, kind)
            verdict = one_call(idem, mark, interrupted, raised)
            last = interrupted.yields < at
            wrote = ledger(db)
            assert len(wrote) <= 1
            if effect == "local" and raised is None:
                assert len(wrote) == records(db), "effect and record are together or not at all"
            if isinstance(verdict, Sealed):
                assert wrote == [5]
        assert at > 3
