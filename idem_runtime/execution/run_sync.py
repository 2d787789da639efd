"""An execution of a sync handler: the shell around ``execution.py`` that waits in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeAlias

from idem_runtime import log_records
from idem_runtime.errors import (
    ConfigurationError,
    IdempotencyError,
    InProgress,
    NotExecuted,
    TransactionBroken,
)
from idem_runtime.execution.attempt import Attempt
from idem_runtime.execution.decisions import LEFT_OPEN, Execution, Policy, must_lend
from idem_runtime.execution.stores import SyncStore
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import (
    Again,
    Ask,
    Decision,
    Execute,
    Loanable,
    Refuse,
    Replay,
    Response,
    Sealed,
    StoreError,
    Unknown,
    Verdict,
)
from idem_runtime.protocol import local_effect

Reconcile: TypeAlias = Callable[[Attempt], Any]


class SyncExecution(Execution):
    """One call or request with a sync handler."""

    def __init__(self, mark: MoneyMoving, ask: Ask, policy: Policy, store: SyncStore) -> None:
        """``store`` may hold a connection already, lent to dependencies."""
        super().__init__(mark, ask, policy, threading.Lock())
        self.store = store

    def admit(self, reconcile: Reconcile | None = None) -> Decision | Again:
        """Claim, wait or replay; after ``Execute``, :meth:`finish` has to follow."""
        try:
            decision = self._wait_in_memory() or self._claim(reconcile)
        except IdempotencyError as error:
            decision = Refuse(error)
        except BaseException:
            self.disown()
            self.end()
            raise
        if isinstance(decision, Execute):
            self._executes(decision)
        else:
            self._settled = True
            self.disown(decision)
            self.store.release_later()
            self.leave(decision.response if isinstance(decision, Replay) else None)
            self._done = True
        log_records.admitted(self.ask, decision)
        return decision

    def _executes(self, decision: Execute) -> None:
        self.admitted(decision)
        if self.local:
            self.store.claimed(local_effect.savepoint_of(self.ask))
        else:
            self.keep_lease()

    def _wait_in_memory(self) -> Decision | Again | None:
        while (ticket := self.enter()) is not None:
            lent = self.store.lent
            self.store.release()
            try:
                record = ticket.result(timeout=self.remaining())
            except FutureTimeout:
                return Refuse(InProgress())
            decision = self.after_wait(record, lent=lent)
            if decision is not None:
                return decision
        return None

    def _claim(self, reconcile: Reconcile | None) -> Decision | Again:
        try:
            decision = self._claim_once()
            return self._resolve(decision, reconcile) if isinstance(decision, Unknown) else decision
        except StoreError as error:
            return self.claim_failed(error)

    def _claim_once(self) -> Decision | Unknown | Again:
        lent = self.store.lent
        self._claiming = True
        if not self.local:
            return self.store.run(self.admission(begun=False))
        if self.store.unfinished:
            return Refuse(TransactionBroken(LEFT_OPEN))
        try:
            return self.store.run(self.admission(begun=self.store.begun))
        except StoreError as error:
            self.store.release()
            if lent or not error.lost or error.silent:
                return self.claim_failed(error, lent=lent)
        return self.store.run(self.admission(begun=False))  # a stale pooled connection is worth one more try

    def _resolve(self, unknown: Unknown, reconcile: Reconcile | None) -> Decision:
        told: Any = None
        try:
            if reconcile is not None:
                told = reconcile(self.attempt_of(unknown.record.age))
        except NotExecuted as nothing:
            told = nothing
        except Exception as error:  # noqa: BLE001 - whatever the provider's client raises: the outcome stays unknown
            log_records.unreconciled(self.ask, error)
            return local_effect.settled(unknown)
        steps = self.ways_out(unknown, told)
        return local_effect.settled(unknown) if steps is None else self.store.run(steps)

    def take_back(self) -> None:
        """The handler has raised: undo a local effect here, before a dependency ends a part that it opened around it."""
        if self.local and not self.ended and self.store.begun and not self.store.unfinished:
            self.taken_back = self.store.run(local_effect.take_back(self.ask))

    def finish(self, response: Response | None, raised: BaseException | None = None) -> Verdict | None:
        """Seal the response or take the effect back; ``None``: nothing is recorded, answer as the handler did."""
        sealed: Response | None = None
        try:
            with self.level.turn:  # a nested call that outlives the handler's own end comes before ours
                self.ended = True
            settle = self._settle_local if self.local else self._settle_external
            verdict = settle(response, raised)
            self._settled = True
            sealed = verdict.response if isinstance(verdict, Sealed | Replay) else None
        except StoreError as error:  # the handler's own, such as a deferred constraint
            raise error.cause or error from None
        finally:
            self.end(sealed)
        self.tell(verdict)
        if isinstance(verdict, Sealed):
            self._committed()
        return verdict

    def _settle_local(self, response: Response | None, raised: BaseException | None) -> Verdict | None:
        if self.store.unfinished:
            return self.left_open(raised)
        undone = self.taken_back or self.store.taken_back
        failed, ended = undone or self.store.failed, not self.store.begun
        outcome = self.classify(response, raised, failed=failed)
        if outcome == "keep" and self.store.taken_back:
            outcome = "free"
        unwritten = self._flush() if outcome == "keep" and not ended else None
        self.store.revoke()
        if unwritten is not None:
            refusal = self.store.run(self.failing(ended=ended, undone=undone))
            return self.unflushed(unwritten, refusal, closed=self.store.closed)
        if response is None or outcome == "free":
            refusal = self.store.run(self.failing(ended=ended, undone=undone))
            return self.unsealed(response, raised, refusal, closed=self.store.closed, undone=undone)
        return self.store.run(self.sealing(response, outcome, ended=ended, undone=undone))

    def _flush(self) -> Exception | None:
        """What an ORM session keeps back belongs to an effect that is kept; the error where it cannot be written."""
        try:
            self.store.flush()
        except Exception as error:  # noqa: BLE001 - raised again by `unflushed`
            return error
        return None

    def _settle_external(self, response: Response | None, raised: BaseException | None) -> Verdict | None:
        unkept = self._settle_lent(keep=response is not None and raised is None)
        outcome = self.classify(response, raised or unkept, failed=False)
        if response is not None and outcome == "keep":
            return self.store.run(self.completing(response))
        self.store.run(self.giving_up(outcome))
        if unkept is not None:
            raise unkept
        return None

    def _settle_lent(self, *, keep: bool) -> Exception | None:
        """What the handler wrote in the ordinary transaction that it was lent comes before the record of its effect."""
        try:
            self.store.settle_lent(keep=keep)
        except Exception as error:  # noqa: BLE001 - raised again by `_settle_external`
            return error
        return None

    def _committed(self) -> None:
        for callback in self.attempt.callbacks:
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - the effect stands, whatever comes after it
                log_records.callback_failed(self.ask, error)

    def borrow_sync(self, kind: Loanable = "connection") -> Any:
        """The connection, or ORM session, for the handler."""
        must_lend(self)
        return self.lender.borrow_sync(kind) if self.lender is not None else self.store.borrow(kind)

    async def borrow_async(self, kind: Loanable = "connection") -> Any:
        """The other colour's connection: there is none.

        :raises ConfigurationError: always.
        """
        raise ConfigurationError(f"this execution is sync: use idem.sync_{kind}()")

    def end(self, response: Response | None = None) -> None:
        """Give back all that this execution still has; ``response`` is what it committed. Twice is as once.

        A local effect that is not committed is undone by this.
        """
        if self._done:
            return
        self.ended = True
        self.end_lease()
        try:
            self.store.release()
            steps = self.abandoning()
            if steps is not None:
                self.store.run(steps)
            self._settled = True
        finally:
            self.leave(response)
        self._done = True
