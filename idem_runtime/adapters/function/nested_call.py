"""A marked function that is called inside a local execution: a part of that execution's transaction, under its own key."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from idem_runtime.adapters.function.call import Call
from idem_runtime.errors import ConfigurationError, StoreUnavailable
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.run_steps import Waits
from idem_runtime.marks import Function, MoneyMoving
from idem_runtime.model import Ask, Decision, Execute, Response, Sealed, StoreError, Verdict
from idem_runtime.protocol import local_effect


class NestedCall:
    """A nested call: a part of the execution around it, under its own key."""

    def __init__(self, outer: Execution, call: Call, ask: Ask) -> None:
        """It is this call's turn.

        :raises ConfigurationError: the execution around it has ended while it waited.
        """
        if outer.ending_now or outer.ended:
            raise ConfigurationError(
                "the execution around this call has ended: wait for what a handler starts"
            )
        self._outer = outer
        self._call = call
        self._ask = ask
        self._replaces = False
        self._callbacks = len(outer.attempt.callbacks)
        self._outcome: Decision | Verdict | None = None
        self._savepoint = local_effect.savepoint_of(ask)

    def admitting(self) -> Waits[bool]:
        """Whether the function is to be called."""
        store = self._outer.store
        yield store.flush()  # what is written before this call is not undone with it
        locked = self._outer.policy.locked
        decision: Decision = yield store.run(local_effect.admit(self._ask, begun=True, locked=locked))
        if isinstance(decision, Execute):
            self._replaces = decision.replaces
            store.part_claimed(self._savepoint)
            return True
        yield store.run(local_effect.leave_nested(self._ask))
        self._outcome = decision
        return False

    def undoing(self) -> Waits[None]:
        """The function has raised: take back what it did, and what it wanted to be called after the commit."""
        self._forget_callbacks()
        yield self._outer.store.run(local_effect.undo_nested(self._ask))
        self._outer.store.part_ended(self._savepoint, kept=False)

    def sealing(self, response: Response) -> Waits[None]:
        """Record what it returned: that counts when the outer transaction commits."""
        try:
            yield self._outer.store.flush()
        except Exception:
            yield from self.undoing()
            raise
        steps = local_effect.seal_nested(self._ask, response, replaces=self._replaces)
        self._outcome = yield self._outer.store.run(steps)
        self._outer.store.part_ended(self._savepoint, kept=isinstance(self._outcome, Sealed))
        if not isinstance(self._outcome, Sealed):
            self._forget_callbacks()

    def value(self) -> Any:
        """What the caller gets; raises what was refused."""
        return self._call.answer_nested(self._outcome)

    def _forget_callbacks(self) -> None:
        del self._outer.attempt.callbacks[self._callbacks :]


@contextmanager
def as_cause() -> Generator[None, None, None]:
    """A nested call's store error is the handler's own: it is in the handler's transaction."""
    try:
        yield
    except StoreError as error:
        raise error.cause or StoreUnavailable() from error


def joins(outer: Any, mark: MoneyMoving, function: Function, *, awaits: bool) -> bool:
    """Whether a call is part of the local execution around it; ``awaits``: it runs in an event loop.

    :raises ConfigurationError: it would be, but one is async and the other is not.
    """
    if not isinstance(outer, Execution) or not outer.local or mark.effect != "local" or outer.ended:
        return False
    if outer.awaits != awaits:
        raise ConfigurationError(
            f"{function.__qualname__} is called inside a money-moving execution, one of the two is async and the other is "
            "not, so that it cannot join its transaction: make both async, or both sync."
        )
    return True
