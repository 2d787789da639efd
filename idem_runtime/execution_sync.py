"""An execution of a sync handler: the shell around ``execution.py`` that waits in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeAlias

from idem_runtime import log, protocol
from idem_runtime.attempt import Attempt
from idem_runtime.errors import (
    ConfigurationError,
    IdempotencyError,
    InProgress,
    NotExecuted,
    TransactionBroken,
)
from idem_runtime.execution import LEFT_OPEN, Execution, Policy, SyncStore, must_lend
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
            self._end()
            raise
        if not isinstance(decision, Execute):
            self.disown(decision)
            self.store.release_later()
            self.leave(decision.response if isinstance(decision, Replay) else None)
        else:
            self.keep_lease()
        log.admitted(self.ask, decision)
        return decision

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
        except StoreError as error:
            return self.claim_failed(error)
        return self._resolve(decision, reconcile) if isinstance(decision, Unknown) else decision

    def _claim_once(self) -> Decision | Unknown | Again:
        lent = self.store.lent
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
                told = reconcile(Attempt(self.ask, unknown.record.age, self.mark.horizon))
        except NotExecuted as nothing:
            told = nothing
        steps = self.ways_out(unknown, told)
        return protocol.settled(unknown) if steps is None else self.store.run(steps)

    def finish(self, response: Response | None, raised: BaseException | None = None) -> Verdict | None:
        """Seal the response or take the effect back; ``None``: nothing is recorded, answer as the handler did."""
        verdict = self._finish(response, raised)
        log.ended(self.ask, verdict, local=self.local)
        return verdict

    def _finish(self, response: Response | None, raised: BaseException | None) -> Verdict | None:
        sealed: Response | None = None
        self.end_lease()
        try:
            with self.level.turn:  # a nested call that outlives the handler's own end comes before ours
                self.ended = True
            if self.store.unfinished:
                return Refuse(TransactionBroken(LEFT_OPEN))
            outcome, ended = self.classify(response, raised, failed=self.store.failed), not self.store.begun
            unwritten = self._flush() if outcome == "keep" and not ended else None
            self.store.revoke()
            if unwritten is not None:
                refusal = self.store.run(self.failing(unwritten, ended=ended))
                return self.unflushed(unwritten, refusal, closed=self.store.closed)
            if response is None or outcome == "free":
                refusal = self.store.run(self.failing(raised, ended=ended))
                return self.unsealed(response, raised, refusal, closed=self.store.closed)
            verdict = self.store.run(self.sealing(response, outcome, ended=ended))
            sealed = verdict.response if isinstance(verdict, Sealed | Replay) else None
            return verdict  # noqa: TRY300 - what is in `try` is what `finally` ends
        except StoreError as error:  # the handler's own, such as a deferred constraint
            raise error.cause or error from None
        finally:
            self._end(sealed)

    def _flush(self) -> Exception | None:
        """What an ORM session keeps back belongs to an effect that is kept; the error where it cannot be written."""
        try:
            self.store.flush()
        except Exception as error:  # noqa: BLE001 - raised again by `unflushed`
            return error
        return None

    def borrow_sync(self, kind: Loanable = "connection") -> Any:
        """The connection, or ORM session, for the handler."""
        must_lend(self)
        return self.store.borrow(kind)

    async def borrow_async(self, kind: Loanable = "connection") -> Any:
        """The other colour's connection: there is none.

        :raises ConfigurationError: always.
        """
        raise ConfigurationError(f"this execution is sync: use idem.sync_{kind}()")

    def _end(self, response: Response | None = None) -> None:
        self.ended = True
        self.end_lease()
        try:
            self.store.release()
        finally:
            self.leave(response)
