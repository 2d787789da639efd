"""One execution, from its admission to its end, for sync and async handlers alike.

An adapter makes an execution, takes the steps of ``admitting``, runs the handler where the decision is ``Execute``, and
hands what came of it to ``finishing``. Whatever happens between, it takes the steps of ``ending`` at last. ``run_steps``
has the two ways to take them.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from idem_runtime import log_records
from idem_runtime.drivers.uncancelled import uncancelled
from idem_runtime.errors import (
    ConfigurationError,
    IdempotencyError,
    InProgress,
    NotExecuted,
    TransactionBroken,
)
from idem_runtime.execution import observers
from idem_runtime.execution.attempt import Attempt
from idem_runtime.execution.decisions import LEFT_OPEN, Decisions, Policy
from idem_runtime.execution.in_process_wait import Ticket
from idem_runtime.execution.run_steps import Waits
from idem_runtime.execution.stores import Store
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import (
    Again,
    Answer,
    Ask,
    Decision,
    Execute,
    Loanable,
    Refuse,
    Replay,
    Response,
    Sealed,
    Steps,
    StoreError,
    Unknown,
    Verdict,
)
from idem_runtime.protocol import local_effect

T = TypeVar("T")
Reconcile: TypeAlias = Callable[[Attempt], Any]


class Execution(Decisions):
    """One call or request. Everything per call is in this object; nothing shared is changed but the gate."""

    def __init__(self, mark: MoneyMoving, ask: Ask, policy: Policy, store: Store, *, awaits: bool) -> None:
        """``store`` may hold a connection already, lent to dependencies. ``awaits``: the handler runs in an event loop."""
        turn = asyncio.Lock() if awaits else threading.Lock()
        super().__init__(mark, ask, policy, turn, awaits=awaits)
        self.store = store
        self._committed: Answer | None = None

    # Admission

    def admitting(self, reconcile: Reconcile | None = None) -> Waits[Decision | Again]:
        """Claim, wait or replay; after ``Execute``, :meth:`finishing` has to follow."""
        try:
            ticket = self.enter()
            decision = None if ticket is None else (yield from self._waiting_in_memory(ticket))
            if decision is None:
                decision = yield from self._claim(reconcile)
        except IdempotencyError as error:
            decision = Refuse(error)
        except BaseException:
            self.disown()
            raise
        if isinstance(decision, Execute):
            self._executes(decision)
        else:
            yield from self._not_executed(decision)
        observers.admitted(self, decision)
        return decision

    def _executes(self, decision: Execute) -> None:
        self.admitted(decision)
        if self.local:
            self.store.claimed(local_effect.savepoint_of(self.ask))
        else:
            self.keep_lease()

    def _not_executed(self, decision: Decision | Again) -> Waits[None]:
        self._settled = True
        self.disown(decision)
        yield self.store.release_later()
        self.leave(decision.response if isinstance(decision, Replay) else None)
        self.done()

    def _waiting_in_memory(self, first: Ticket) -> Waits[Decision | Again | None]:
        ticket: Ticket | None = first
        while ticket is not None:
            lent = self.store.lent
            yield self.store.release()
            try:
                record = yield self._end_of(ticket)
            except TimeoutError:
                return Refuse(InProgress())
            decision = self.after_wait(record, lent=lent)
            if decision is not None:
                return decision
            ticket = self.enter()
        return None

    def _end_of(self, ticket: Ticket) -> Any:
        if not self.awaits:
            return ticket.result(timeout=self.remaining())
        return asyncio.wait_for(asyncio.shield(asyncio.wrap_future(ticket)), self.remaining())

    def _claim(self, reconcile: Reconcile | None) -> Waits[Decision | Again]:
        try:
            decision = yield from self._claim_once()
            if isinstance(decision, Unknown):
                return (yield from self._resolve(decision, reconcile))
        except StoreError as error:
            return self.claim_failed(error)
        return decision

    def _claim_once(self) -> Waits[Decision | Unknown | Again]:
        lent = self.store.lent
        self._claiming = True
        if not self.local:
            return (yield from self._run(self.admission(begun=False)))
        if self.store.unfinished:
            return Refuse(TransactionBroken(LEFT_OPEN))
        try:
            return (yield self.store.run(self.admission(begun=self.store.begun)))  # type: ignore[no-any-return]  # - what it is sent
        except StoreError as error:
            failure = error
        yield self.store.release()
        if lent or not failure.lost or failure.silent:
            return self.claim_failed(failure, lent=lent)
        return (
            yield from self._run(self.admission(begun=False))
        )  # a stale pooled connection is worth one more try

    def _run(self, steps: Steps[T]) -> Waits[T]:
        return (yield self.store.run(steps))  # type: ignore[no-any-return]  # - what it is sent

    def _resolve(self, unknown: Unknown, reconcile: Reconcile | None) -> Waits[Decision]:
        """Ask the provider what became of an attempt that nobody recorded."""
        outcome: Any = None
        try:
            if reconcile is not None:
                outcome = yield reconcile(self.attempt_of(unknown.record.age))
        except NotExecuted as nothing:
            outcome = nothing
        except Exception as error:  # noqa: BLE001 - whatever the provider's client raises: the outcome stays unknown
            log_records.unreconciled(self.ask, error)
            return local_effect.settled(unknown)
        steps = self.ways_out(unknown, outcome)
        return local_effect.settled(unknown) if steps is None else (yield from self._run(steps))

    # The handler's end

    def taking_back(self) -> Waits[None]:
        """The handler has raised: undo a local effect here, before a dependency ends a part that it opened around it."""
        if self.local and not self.ended and self.store.begun and not self.store.unfinished:
            self.taken_back = yield from self._run(local_effect.take_back(self.ask))
            if self.taken_back:
                self.store.went_back(local_effect.savepoint_of(self.ask))

    def finishing(self, answer: Answer | None, raised: BaseException | None = None) -> Waits[Verdict | None]:
        """Seal the answer or take the effect back; ``None``: nothing is recorded, answer as the handler did."""
        self.end_lease()
        observers.finishing(self)
        try:
            if self.awaits:
                yield from self._ending_after_nested_tasks()
            else:
                self._end_after_nested_calls()
            answer = self.storable(answer)
            settling = self._settling_local if self.local else self._settling_external
            verdict = yield from settling(answer, raised)
        except StoreError as error:  # the handler's own, such as a deferred constraint
            failure: Exception = error.cause or error
        except Exception as error:  # noqa: BLE001 - raised again below, when everything is given back
            failure = error
        else:
            yield from self._settle(verdict)
            return verdict
        yield from self.ending()
        raise failure

    def _settle(self, verdict: Verdict | None) -> Waits[None]:
        self._settled = True
        if isinstance(verdict, Sealed | Replay):
            self._committed = verdict.response
        yield from self.ending()
        self.tell(verdict)
        if isinstance(verdict, Sealed):
            yield self.store.committed()
            if self.attempt.callbacks:
                yield from self._after_commit()

    def _end_after_nested_calls(self) -> None:
        """A nested call that outlives the handler's own end comes before ours; no other may begin after it."""
        self.ending_now = True
        with self.level.turn:
            self.ended = True

    def _ending_after_nested_tasks(self) -> Waits[None]:
        """As :meth:`_end_after_nested_calls`, in an event loop."""
        turn, self.ending_now = self.level.turn, True
        while turn.locked():
            yield uncancelled(_its_end(turn))
        self.ended = True

    def _settling_local(self, answer: Answer | None, raised: BaseException | None) -> Waits[Verdict | None]:
        if self.store.unfinished:
            return self.left_open(raised)
        undone = self.taken_back or self.store.taken_back
        failed, ended = undone or self.store.failed, not self.store.begun
        outcome = self.classify(answer, raised, failed=failed)
        if outcome == "keep" and self.store.taken_back:
            outcome = "free"
        unwritten: Exception | None = None
        if outcome == "keep" and not ended:
            try:
                yield self.store.flush()  # what an ORM session keeps back belongs to an effect that is kept
            except Exception as error:  # noqa: BLE001 - raised again by `unflushed`
                unwritten = error
        self.store.revoke()
        if isinstance(answer, Response) and outcome != "free" and unwritten is None:
            steps = self.sealing(answer, outcome, ended=ended, undone=undone)
            return (yield self.store.run(steps))  # type: ignore[no-any-return]  # - what it is sent
        refusal = yield from self._run(self.failing(ended=ended, undone=undone))
        if unwritten is not None:
            return self.unflushed(unwritten, refusal, closed=self.store.closed)
        return self.unsealed(answer, raised, refusal, closed=self.store.closed, undone=undone)

    def _settling_external(
        self, answer: Answer | None, raised: BaseException | None
    ) -> Waits[Verdict | None]:
        unkept = yield from self._settling_lent(keep=answer is not None and raised is None)
        outcome = self.classify(answer, raised or unkept, failed=False)
        if answer is not None and outcome == "keep":
            return (yield from self._run(self.completing(answer)))
        yield from self._run(self.giving_up(outcome))
        if unkept is not None:
            raise unkept
        return None

    def _settling_lent(self, *, keep: bool) -> Waits[Exception | None]:
        """What the handler wrote in the ordinary transaction that it was lent comes before the record of its effect."""
        try:
            yield self.store.settle_lent(keep=keep)
        except Exception as error:  # noqa: BLE001 - raised again by `_settling_external`
            return error
        return None

    def _after_commit(self) -> Waits[None]:
        for callback in self.attempt.callbacks:
            try:
                result = callback()
                if self.awaits and inspect.iscoroutine(result):
                    yield uncancelled(result)
                elif self.awaits:
                    yield result
            except Exception as error:  # noqa: BLE001 - the effect stands, whatever comes after it
                log_records.callback_failed(self.ask, error)

    def ending(self) -> Waits[None]:
        """Give back all that this execution still has. Twice is as once.

        A local effect that is not committed is undone by this.
        """
        if self._done:
            return
        cut_off = self._admitted and not self._settled
        self.ended = True
        self.end_lease()
        try:
            yield self.store.release()
            steps = self.abandoning()
            if steps is not None:
                yield from self._run(steps)
            self._settled = True
        finally:
            self.leave(self._committed)
        self.done()
        if cut_off:
            observers.ended(self, None)

    # What is lent

    @property
    def holds(self) -> bool:
        """Whether a connection of the handlers' pool is held here."""
        return bool(self.lender.holds) if self.lender is not None else self.store.held is not None

    async def borrow_async(self, kind: Loanable = "connection") -> Any:
        """The connection, or ORM session, for an async handler.

        :raises ConfigurationError: the handler is sync, or has ended.
        """
        self.must_lend()
        if self.lender is not None:
            return await self.lender.borrow_async(kind)
        if not self.awaits:
            raise ConfigurationError(f"this execution is sync: use idem.sync_{kind}()")
        return await self.store.borrow(kind)

    def connect(self, engine: Any, *, asynchronous: bool) -> Any:
        """A connection of a joined engine, in this execution's transaction.

        :raises ConfigurationError: the execution is on another engine, or has ended.
        """
        self.must_lend()
        lender: Any = self.lender or self.store
        return lender.connect(engine, asynchronous=asynchronous)

    def note_session(self, session: Any, *, asynchronous: bool) -> None:
        """A session of a joined engine is used here."""
        lender: Any = self.lender or self.store
        lender.note_session(session, asynchronous=asynchronous)

    def borrow_sync(self, kind: Loanable = "connection") -> Any:
        """The connection, or ORM session, for a sync handler.

        :raises ConfigurationError: the handler is async, or has ended.
        """
        self.must_lend()
        if self.lender is not None:
            return self.lender.borrow_sync(kind)
        if self.awaits:
            raise ConfigurationError(f"this execution is async: use idem.{kind}()")
        return self.store.borrow(kind)


async def _its_end(turn: asyncio.Lock) -> None:
    """Wait until whoever has ``turn`` gives it up."""
    async with turn:
        pass
