"""One call of a marked function: what it asks, and how its arguments are read and its result is stored and told."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError

from idem_runtime.adapters.function.deliveries import refuse_deliveries
from idem_runtime.adapters.function.signature import arguments, result_type
from idem_runtime.adapters.principals import earlier_principals
from idem_runtime.errors import (
    ConfigurationError,
    ExecutedResponseLost,
    NotExecuted,
    ResponseUnstorable,
    RetriesExhausted,
)
from idem_runtime.execution.attempt import Attempt
from idem_runtime.execution.current import current, level_of
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.lent_parameters import lent_parameters
from idem_runtime.execution.run_steps import Waits, run_async, run_sync
from idem_runtime.marks import Function, MoneyMoving
from idem_runtime.model import Again, Answer, Ask, Loanable, Refuse, Response, Sealed, Unstorable
from idem_runtime.protocol import fingerprint
from idem_runtime.protocol.scope import principal_of
from idem_runtime.runtime import Runtime

STATUS_OF_A_VALUE = 200
CHANGED = (
    "The transaction lost a conflict and was undone, and its first run changed its own arguments: it cannot be run again "
    "here. Retry with the same key, and leave arguments as they are."
)


class Call:
    """One call of one marked function: how its arguments and result are read."""

    def __init__(
        self,
        runtime: Runtime,
        mark: MoneyMoving,
        function: Function,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        """Everything per call is in this object."""
        self.runtime = runtime
        self.mark = mark
        self.function = function
        self.args = args
        self.kwargs = kwargs
        around = current.get()
        self.inside = around is not None and (mark.effect == "external" or around.holds)
        """Whether an execution around this call may hold a connection, so that it must not wait for another of that pool."""
        self._asked: str | None = None
        self._unstorable: ResponseUnstorable | None = None
        self._result: Any = None

    def ask(self, outer: Execution | None = None) -> Ask:
        """What is asked; a nested call has the principal of ``outer``, where its mark names none.

        :raises ConfigurationError: the mark says too little for a call outside a request, or the call is nested in itself.
        :raises RetriesExhausted: it is run again, and its first run changed its arguments.
        """
        return run_sync(self._asking(outer))

    async def ask_async(self, outer: Execution | None = None) -> Ask:
        """As :meth:`ask`, in this event loop."""
        return await run_async(self._asking(outer))

    def _asking(self, outer: Execution | None) -> Waits[Ask]:
        mark, args, kwargs = self.mark, self.args, self.kwargs
        if mark.operation is None or mark.key is None or not mark.fits_plain_functions:
            raise ConfigurationError(
                f"{self.function.__qualname__} is called as a plain function: @money_moving needs operation='…' (a name "
                "that outlives renames) and key=… (a function of its arguments)."
            )
        if mark.record is not None:
            raise ConfigurationError(
                f"{self.function.__qualname__} is called as a plain function: what it returns is recorded and what it "
                "raises never is, so @money_moving(record=…) says nothing."
            )
        asked = self.runtime.ask(
            mark,
            principal=(yield mark.principal(*args, **kwargs)) if mark.principal else _principal_of(outer),
            earlier=(yield from self._earlier(outer))
            if outer is not None or mark.previous_principals
            else (),
            operation=mark.operation,
            key=(yield mark.key(*args, **kwargs)),
            fingerprint=fingerprint.of_value(
                (yield mark.fingerprint(*args, **kwargs)) if mark.fingerprint else self._arguments(),
                ignore=mark.ignore,
                secrets=self.runtime.secrets,
            ),
        )
        if outer is not None and (asked.scope, asked.key) in level_of(outer).places:
            raise ConfigurationError(
                f"{self.function.__qualname__} is called inside itself, under the same key"
            )
        if self._asked not in (None, asked.fingerprint.stored):
            raise RetriesExhausted(CHANGED)
        self._asked = asked.fingerprint.stored
        return asked

    def _earlier(self, outer: Execution | None) -> Waits[list[Any]]:
        """Who asked by earlier rules: of the mark, and of the call around this one where its principal is taken."""
        around = () if outer is None or self.mark.principal is not None else outer.ask.previous
        before = [*map(principal_of, around)]
        return before + (yield from earlier_principals(self.mark, (), None, self.args, self.kwargs))

    def _arguments(self) -> dict[str, Any]:
        """What identifies the payload, where the mark does not say it."""
        said = arguments(self.function, self.args, self.kwargs)
        refuse_deliveries(self.mark, self.function, said)
        return said

    def with_connection(self, borrow: Callable[[Loanable], Any]) -> dict[str, Any]:
        """The keyword arguments, with our connection where the function asks for it."""
        return self.kwargs | {
            name: borrow(kind) for name, kind in lent_parameters(self.function) if name not in self.kwargs
        }

    async def with_async_connection(self, borrow: Callable[[Loanable], Any]) -> dict[str, Any]:
        """As :meth:`with_connection`, where a connection is awaited."""
        return self.kwargs | {
            name: await borrow(kind)
            for name, kind in lent_parameters(self.function)
            if name not in self.kwargs
        }

    def encode(self, result: Any) -> Response:
        """``result`` as it is stored.

        :raises ResponseUnstorable: reading it back would not give an equal value.
        """
        adapter = result_type(self.function)
        try:
            body = adapter.dump_json(result)
            same = adapter.validate_json(body) == result
        except (ValueError, TypeError) as error:
            raise ResponseUnstorable(f"The result has no JSON form: {error}") from None
        if not same:
            raise ResponseUnstorable("The result does not survive JSON: annotate the function's return type.")
        return Response(STATUS_OF_A_VALUE, (("content-type", "application/json"),), body)

    def encoded(self, result: Any) -> tuple[Answer | None, BaseException | None]:
        """``result`` as an execution takes it: what cannot be stored is undone where it is local, else recorded as lost."""
        try:
            self._result = result
            return self.encode(result), None
        except ResponseUnstorable as error:
            self._unstorable = error
            if self.mark.effect == "local":
                return None, error
            return Unstorable(STATUS_OF_A_VALUE), None

    def answer(self, decision: object) -> tuple[bool, Any]:
        """Whether the call is over, and its value; raises what was refused."""
        if isinstance(decision, Again):
            return False, None
        if isinstance(decision, Refuse):
            raise decision.error
        if self._unstorable is not None:
            if decision is None:
                raise self._unstorable
            return True, self._result
        if isinstance(decision, Sealed) and isinstance(decision.response, Unstorable):
            return True, self._result
        return True, self._read(decision.response)  # type: ignore[attr-defined]  # - a call that is replayed has an answer

    def _read(self, response: Response) -> Any:
        try:
            return result_type(self.function).validate_json(response.body)
        except ValidationError as error:
            raise ExecutedResponseLost(
                f"{self.function.__qualname__} was executed, but what is stored does not fit its return type (of another "
                f"version, or given to idem-runtime resolve): {error.errors(include_input=False)[0]['msg']}"
            ) from None

    def answer_nested(self, verdict: object) -> Any:
        """As :meth:`answer`; a conflict is raised, for the outermost execution to run again."""
        done, value = self.answer(verdict)
        if not done:
            raise Conflict
        return value

    def failed(self, verdict: object, error: BaseException) -> tuple[bool, Any]:
        """The function raised: whether to run again; else what it raised, or what became of it, is raised."""
        if isinstance(verdict, Again):
            return False, None
        if isinstance(verdict, Refuse) and isinstance(error, Exception):
            raise verdict.error from error
        raise error

    def reconcile(self, attempt: Attempt) -> Any:
        """What ``reconcile=`` tells, as a stored response where it is a result."""
        outcome = self.mark.reconcile and self.mark.reconcile(attempt)
        return self._waited_for(outcome) if inspect.isawaitable(outcome) else self._as_response(outcome)

    async def _waited_for(self, outcome: Awaitable[Any]) -> Any:
        return self._as_response(await outcome)

    def _as_response(self, outcome: Any) -> Any:
        return outcome if outcome is None or isinstance(outcome, NotExecuted) else self.encode(outcome)


class Conflict(Exception):
    """A nested call lost a race; the outermost execution runs again, as after a serialization failure."""

    sqlstate = "40001"


def _principal_of(outer: Execution | None) -> str | None:
    return None if outer is None else principal_of(outer.ask.scope)
