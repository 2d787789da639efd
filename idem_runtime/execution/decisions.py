"""What is decided about one execution: from what is known of it, without waiting for anything."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from idem_runtime import log_records
from idem_runtime.errors import (
    ConfigurationError,
    HandlerTimeout,
    IdempotencyError,
    NotExecuted,
    RaisedSuccess,
    ResponseUnstorable,
    StoreUnavailable,
    TransactionBroken,
)
from idem_runtime.execution import leases, observers
from idem_runtime.execution.attempt import Attempt
from idem_runtime.execution.current import Level, Running
from idem_runtime.execution.in_process_wait import Gate, Pass, Ticket
from idem_runtime.execution.recorded_answers import Outcome, RecordedAnswers
from idem_runtime.execution.rerun import CONFLICTS, sqlstates
from idem_runtime.marks import Function, MoneyMoving
from idem_runtime.model import (
    Again,
    Answer,
    Ask,
    Decision,
    Execute,
    Record,
    Refuse,
    Response,
    Sealed,
    Steps,
    StoreError,
    Unknown,
    Unstorable,
    Verdict,
    is_away,
)
from idem_runtime.protocol import external_effect, local_effect
from idem_runtime.protocol.scope import operation_of
from idem_runtime.replayed_headers import REPLAYED, storable

NOT_MIGRATED = ("42P01", "42703", "42501", "3F000")


@dataclass(frozen=True, slots=True)
class Policy:
    """What an ``Idempotency`` was set up with, as far as an execution needs it. Times in seconds, sizes in bytes."""

    gate: Gate = field(default_factory=Gate)
    wait: float = 1.0
    retention: float = 86_400.0
    lease: float = 30.0
    cap: int = 1_048_576
    retries: int = 5
    strict: bool = False
    locked: bool = True
    replay_headers: tuple[str, ...] = REPLAYED
    leases: leases.Leases | None = None
    """What renews the leases of external attempts; only local ones can do without."""


class Decisions(RecordedAnswers):
    """The state of one execution, and the decisions about it."""

    # These are the class's until they change: most executions change few of them.
    handler: Function | None = None
    """What is executed, for messages."""
    _pass: Pass | None = None
    _claiming = False
    _admitted = False
    _settled = False
    _done = False
    freed = False
    """External: it was said that nothing happened, so that the key is free."""
    _replaces = False
    _took_over = False
    taken_back = False
    """The effect was undone where it was made, because the handler raised."""
    ending_now = False
    """The handler has ended: a nested call that has not begun by now may not begin any more."""
    ended = False
    lender: Any = None
    """Who lends ordinary transactions around an external execution; ``None``: its own store does."""

    def __init__(self, mark: MoneyMoving, ask: Ask, policy: Policy, turn: Any, *, awaits: bool) -> None:
        """An attempt that has not been admitted yet. ``turn``: a lock; ``awaits``: the handler runs in an event loop."""
        self.awaits = awaits
        self._place = (ask.scope, ask.key)
        self.level = Level(turn, turn, frozenset({self._place}))
        super().__init__(mark, policy.cap)
        self.ask = ask
        self.policy = policy
        self.attempt = self.attempt_of(0.0)
        self.deadline = time.monotonic() + ask.wait

    @property
    def over(self) -> bool:
        """Whether everything that this execution had is given back."""
        return self._done

    @property
    def joins(self) -> bool:
        """Whether what is written here has to be in our transaction."""
        return self.local and not self.ended

    def attempt_of(self, age: float) -> Attempt:
        """What a handler, or ``reconcile=``, may know of this execution; ``age`` in seconds since the first attempt."""
        return Attempt(self.ask, age, self.mark.horizon, awaits=self.awaits)

    def running(self) -> Running:
        """The handler runs in this context: ledger writes are allowed, ``current_attempt()`` is known."""
        return Running(self, self.attempt)

    def enter(self) -> Ticket | None:
        """A ticket to wait for; ``None`` where this execution may go ahead; raises KeyReused as the gate does."""
        if self._pass is None:
            # known here before it is known there, so that whatever happens it can be given back
            self._pass = Pass(self.ask.fingerprint.stored)
        return self.policy.gate.enter(*self._place, self._pass, self.ask.fingerprint)

    def done(self) -> None:
        """All is given back: nothing is lent any more."""
        self._done, self.lender = True, None

    def leave(self, answer: Answer | None = None) -> None:
        """This execution ended; ``answer`` is what it committed, for those who wait in memory. Twice is as once."""
        if self._pass is None:
            return
        ticket = self.policy.gate.leave(*self._place, self._pass)
        if ticket is not None and not ticket.done():
            ticket.set_result(None if answer is None else self._record(answer))
        self._pass = None

    def _record(self, answer: Answer) -> Record:
        ask, response = self.ask, answer if isinstance(answer, Response) else None
        return Record(ask.scope, ask.fingerprint.stored, "COMPLETED", response, ask.attempt, True, False, 0.0)

    def after_wait(self, record: Record | None, *, lent: bool) -> Decision | Again | None:
        """What the original's end means for who waited; ``None``: try to execute."""
        if record is not None:
            return local_effect.settled(local_effect.judge(record, self.ask))
        return Again() if lent else None

    def remaining(self) -> float:
        """Seconds that this caller is still willing to wait."""
        return max(0.0, self.deadline - time.monotonic())

    def admission(self, *, begun: bool) -> Steps[Decision | Unknown]:
        """The steps that claim."""
        if self.local:
            return local_effect.admit(self.ask, begun=begun, locked=self.policy.locked)
        return leases.claiming(self.attempt, external_effect.admit(self.ask))

    def keep_lease(self) -> None:
        """An external claim is made: its lease is renewed from now on."""
        assert self.policy.leases is not None
        self.policy.leases.register(self.attempt, self.ask)

    def end_lease(self) -> None:
        """The handler has ended."""
        if self.policy.leases is not None and not self.local:
            self.policy.leases.unregister(self.ask)

    def admitted(self, decision: Execute) -> None:
        """The handler may run: :meth:`finish` has to follow."""
        self._admitted, self._replaces = True, decision.replaces

    def disown(self, decision: Decision | Again | None = None) -> None:
        """The handler never began: a claim whose acknowledgement did not come may stand all the same."""
        unsure = decision is None or (
            isinstance(decision, Refuse) and isinstance(decision.error, StoreUnavailable)
        )
        if unsure and self.policy.leases is not None and self.attempt.claimed:
            self.policy.leases.disown(self.ask, taken_over=self._took_over)

    def abandoning(self) -> Steps[None] | None:
        """The steps that say what became of an external claim that nobody settled; ``None``: there is none.

        Its handler may have done something, so that its outcome is unknown; where it never ran, the claim is given back.
        """
        if self.local or self._settled or not self._claiming:
            return None
        withdrawn = not self._admitted and not self._took_over
        return external_effect.release(self.ask) if withdrawn else external_effect.give_up(self.ask)

    def sealing(self, response: Response, outcome: Outcome, *, ended: bool, undone: bool) -> Steps[Verdict]:
        """The steps that record ``response`` with a local effect; ``ended``: the transaction is gone already."""
        if ended:
            return local_effect.broken(self.ask)
        return local_effect.seal(
            self.ask,
            response,
            undo=outcome == "undo",
            strict=self.policy.strict,
            replaces=self._replaces,
            undone=undone,
        )

    def failing(self, *, ended: bool, undone: bool) -> Steps[Refuse | None]:
        """The steps that take a local effect back."""
        return local_effect.broken(self.ask) if ended else local_effect.undo(self.ask, undone=undone)

    def completing(self, answer: Answer) -> Steps[Verdict]:
        """The steps that record the answer of an external effect."""
        return external_effect.complete(self.ask, answer)

    def giving_up(self, outcome: Outcome) -> Steps[None]:
        """The steps that free an external key, or say that its outcome is not known.

        That nothing happened is said of this run alone: what an attempt that it took over did is not known by that.
        """
        self.freed = outcome == "free" and not self._took_over
        return external_effect.release(self.ask) if self.freed else external_effect.give_up(self.ask)

    def unsealed(
        self,
        answer: Answer | None,
        raised: BaseException | None,
        refusal: Refuse | None,
        *,
        closed: bool,
        undone: bool = False,
    ) -> Refuse | Again | None:
        """What to answer after a local effect was taken back; ``None``: what the handler or framework says itself."""
        if refusal is not None:
            return refusal
        states = () if raised is None else tuple(sqlstates(raised))
        if any(state in CONFLICTS for state in states):
            return Again()
        if any(state in local_effect.TOO_LONG for state in states):
            return Refuse(HandlerTimeout())
        if closed or any(is_away(state) for state in states):
            return Refuse(
                StoreUnavailable("The connection was lost and the effect undone: retry with the same key.")
            )
        if answer is None:
            return None
        if isinstance(answer, Unstorable):
            return Refuse(ResponseUnstorable())
        if answer.status < 400:
            return Refuse(
                TransactionBroken(local_effect.UNDONE) if raised is None and undone else RaisedSuccess()
            )
        return None

    def unflushed(self, error: Exception, refusal: Refuse | None, *, closed: bool) -> Refuse | Again:
        """As :meth:`unsealed`, where the last of the effect could not be written: that is the handler's own error."""
        if isinstance(error, IdempotencyError):
            return Refuse(error)
        verdict = self.unsealed(None, error, refusal, closed=closed)
        if verdict is None:
            raise error
        return verdict

    def must_lend(self) -> None:
        """An execution lends its connection while it lasts.

        :raises ConfigurationError: this one has ended.
        """
        if self.ended:
            raise ConfigurationError(
                "the money-moving execution that this was started in has ended: what outlives it needs a connection of its "
                "own"
            )

    def tell(self, verdict: Verdict | None) -> None:
        """Say in the log, and to observers, what became of this execution."""
        if isinstance(verdict, Sealed) and not verdict.wrote:
            log_records.wrote_nothing(self.ask, operation_of(self.ask.scope), self.handler)
        else:
            log_records.ended(self.ask, verdict, partial(observers.executed, self), local=self.local)
        observers.ended(self, verdict)

    def left_open(self, raised: BaseException | None) -> Refuse | Again | None:
        """What to answer where the handler left something open, so that its connection is closed and its effect undone."""
        if raised is None:
            return Refuse(TransactionBroken(LEFT_OPEN))
        return self.unsealed(None, raised, None, closed=False)

    def claim_failed(self, error: StoreError, *, lent: bool = False) -> Refuse | Again:
        """What a claim that the store did not take means for the caller; ``lent``: dependencies had the connection."""
        if error.conflict or (lent and error.lost and not error.silent):
            return Again()
        if error.sqlstate in NOT_MIGRATED:
            return Refuse(
                StoreUnavailable("The idempotency table is not usable here: run idem-runtime doctor.")
            )
        if error.lost:
            return Refuse(StoreUnavailable())
        raise error.cause or error

    def ways_out(self, unknown: Unknown, outcome: Any) -> Steps[Decision] | None:
        """What may be done about an unknown outcome, ``outcome`` being what ``reconcile`` found out; ``None``: nothing."""
        if isinstance(outcome, Response):
            kept = replace(outcome, headers=storable(outcome.headers, self.policy.replay_headers))
            return external_effect.adopt(self.ask, unknown.record, kept)
        if outcome is not None and not isinstance(outcome, NotExecuted):
            raise ConfigurationError(
                f"reconcile= returned {type(outcome).__name__}: return an idem_runtime.Response with what the provider did, "
                "NotExecuted() where it did nothing, or None where it does not know"
            )
        if isinstance(outcome, NotExecuted) or self.mark.retry_unknown:
            self._took_over = not isinstance(outcome, NotExecuted)
            return self.taking_over(unknown.record)
        return None

    def taking_over(self, record: Record) -> Steps[Decision]:
        """The steps that make this attempt the one in the place of ``record``."""
        self.ask = replace(self.ask, scope=record.scope)
        self.attempt = self.attempt_of(record.age)
        return leases.claiming(self.attempt, external_effect.take_over(self.ask, record))


LEFT_OPEN = (
    "The handler left a COPY, a stream or a pipeline open on the connection, so nothing could be committed: close it "
    "before returning. The effect is undone and the key is free."
)
