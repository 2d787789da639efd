"""Plain functions: workers, queue consumers, jobs. ``idem.install()`` protects them all.

``@money_moving(operation="settle", key=lambda job: job.id, scope=lambda job: job.tenant)``: the name is required,
because a rename of the function must not change it. The function gets our connection in a parameter whose default is
``idem.lent``, or asks ``idem.sync_connection()`` (``await idem.connection()``). What it returns is stored as JSON under
its return annotation, and a replay returns an equal value; what it raises undoes everything and frees the key.

Called inside a local money-moving execution, it joins that transaction under its own key.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from idem_runtime import connection_check, fingerprint, http, protocol
from idem_runtime.adapters.function_signature import arguments, result_type
from idem_runtime.attempt import Attempt
from idem_runtime.context import Level, Restoring, current, level_of, nesting
from idem_runtime.errors import (
    ConfigurationError,
    ExecutedResponseLost,
    NotExecuted,
    ResponseUnstorable,
    RetriesExhausted,
    StoreUnavailable,
)
from idem_runtime.execution import Execution, backoff
from idem_runtime.execution_async import AsyncExecution, unbroken
from idem_runtime.execution_sync import SyncExecution
from idem_runtime.install import Idempotency, install_for_process, lent_parameters
from idem_runtime.key import RequestKey
from idem_runtime.marks import Function, MoneyMoving
from idem_runtime.model import Again, Ask, Execute, Loanable, Refuse, Response, StoreError
from idem_runtime.startup import refuse_unknown

STATUS_OF_A_VALUE = 200


def install(idempotency: Idempotency, _: None = None, **options: Any) -> None:
    """Protect every marked function of this process that no framework's adapter admits.

    ``without_connection``: as of :class:`idem_runtime.startup.Checks`, asked of each function at its first call.

    :raises ConfigurationError: an option that there is not, or that cannot be used.
    """
    refuse_unknown(options, ("without_connection",))
    rule = connection_check.Functions(options.get("without_connection", "refuse"))
    install_for_process(idempotency, FunctionAdmission(idempotency, rule))


class FunctionAdmission:
    """Admits calls of plain functions."""

    def __init__(self, idempotency: Idempotency, rule: connection_check.Functions | None = None) -> None:
        """One per ``Idempotency``; it keeps nothing per call. ``rule``: what each function is asked once."""
        self.idempotency = idempotency
        self.rule = rule or connection_check.Functions()

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a call of a sync function."""
        self.rule.check(mark, function, args)
        outer = current.get()
        if joins(outer, mark, SyncExecution, function):
            return self._nested(outer, mark, function, args, kwargs)
        call = Call(self.idempotency, mark, function, args, kwargs)
        for round_ in range(self.idempotency.policy.retries + 1):
            done, value = self._once(call)
            if done:
                return value
            time.sleep(backoff(round_))
        raise RetriesExhausted

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a call of an async function."""
        self.rule.check(mark, function, args)
        outer = current.get()
        if joins(outer, mark, AsyncExecution, function):
            return await self._nested_async(outer, mark, function, args, kwargs)
        call = Call(self.idempotency, mark, function, args, kwargs)
        for round_ in range(self.idempotency.policy.retries + 1):
            done, value = await self._once_async(call)
            if done:
                return value
            await asyncio.sleep(backoff(round_))
        raise RetriesExhausted

    def _once(self, call: Call) -> tuple[bool, Any]:
        store = self.idempotency.sync_store(small=call.inside)
        execution = SyncExecution(call.mark, call.ask(), self.idempotency.policy, store)
        execution.handler = call.function
        context = Restoring()
        try:
            try:
                return self._execute(call, execution)
            finally:
                execution.end()
                context.restore()
        finally:
            execution.end()  # again: an exception out of a signal handler may have cut the first one off
            context.restore()

    def _execute(self, call: Call, execution: SyncExecution) -> tuple[bool, Any]:
        decision = execution.admit(call.reconcile)
        if not isinstance(decision, Execute):
            return call.answer(decision)
        try:
            with execution.running():
                kwargs = call.with_connection(call.kwargs, execution.borrow_sync)
                result = call.function(*call.args, **kwargs)
            outcome = call.encoded(result)
        except BaseException as error:  # noqa: BLE001 - raised again by `failed`
            return call.failed(execution.finish(None, error), error)
        return call.answer(execution.finish(*outcome))

    async def _once_async(self, call: Call) -> tuple[bool, Any]:
        ask, store = await call.ask_async(), self.idempotency.async_store(small=call.inside)
        execution = AsyncExecution(call.mark, ask, self.idempotency.policy, store)
        execution.handler = call.function
        context = Restoring()
        try:
            try:
                return await self._execute_async(call, execution)
            finally:
                await unbroken(execution.end())
                context.restore()
        finally:
            await unbroken(execution.end())  # again: see `_once`
            context.restore()

    async def _execute_async(self, call: Call, execution: AsyncExecution) -> tuple[bool, Any]:
        decision = await execution.admit(call.reconcile)
        if not isinstance(decision, Execute):
            return call.answer(decision)
        try:
            with execution.running():
                kwargs = await call.with_async_connection(call.kwargs, execution.borrow_async)
                result = await call.function(*call.args, **kwargs)
            outcome = call.encoded(result)
        except BaseException as error:  # noqa: BLE001 - raised again by `failed`
            return call.failed(await execution.finish(None, error), error)
        return call.answer(await execution.finish(*outcome))

    def _nested(
        self,
        outer: SyncExecution,
        mark: MoneyMoving,
        function: Function,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        call, store = Call(self.idempotency, mark, function, args, kwargs), outer.store
        ask, level = call.ask(outer), level_of(outer)
        inner = Level(outer, threading.Lock(), level.places | {(ask.scope, ask.key)})
        with level.turn, nesting(inner), as_cause():
            still_there(outer)
            store.flush()  # what is written before this call is not undone with it
            decision = store.run(protocol.admit(ask, begun=True, locked=outer.policy.locked))
            if not isinstance(decision, Execute):
                store.run(protocol.leave_nested(ask))
                return call.answer(decision)[1]
            before = len(outer.attempt.callbacks)
            try:
                with store.part():
                    with_ours = call.with_connection(kwargs, outer.borrow_sync)
                    response = call.encode(function(*args, **with_ours))
            except BaseException:
                del outer.attempt.callbacks[before:]
                store.run(protocol.undo_nested(ask))
                raise
            verdict = store.run(protocol.seal_nested(ask, response, replaces=decision.replaces))
        return call.answer_nested(verdict)

    async def _nested_async(
        self,
        outer: AsyncExecution,
        mark: MoneyMoving,
        function: Function,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        call, store = Call(self.idempotency, mark, function, args, kwargs), outer.store
        ask, level = await call.ask_async(outer), level_of(outer)
        inner = Level(outer, asyncio.Lock(), level.places | {(ask.scope, ask.key)})
        async with level.turn:
            with nesting(inner), as_cause():
                still_there(outer)
                await store.flush()  # what is written before this call is not undone with it
                decision = await store.run(protocol.admit(ask, begun=True, locked=outer.policy.locked))
                if not isinstance(decision, Execute):
                    await store.run(protocol.leave_nested(ask))
                    return call.answer(decision)[1]
                before = len(outer.attempt.callbacks)
                try:
                    async with await store.part():
                        borrowed = await call.with_async_connection(kwargs, outer.borrow_async)
                        response = call.encode(await function(*args, **borrowed))
                except BaseException:
                    del outer.attempt.callbacks[before:]
                    await store.run(protocol.undo_nested(ask))
                    raise
                verdict = await store.run(protocol.seal_nested(ask, response, replaces=decision.replaces))
        return call.answer_nested(verdict)


class Call:
    """One call of one marked function: how its arguments and result are read."""

    def __init__(
        self,
        idempotency: Idempotency,
        mark: MoneyMoving,
        function: Function,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        """Everything per call is in this object."""
        self.idempotency = idempotency
        self.mark = mark
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.inside = mark.effect == "external" and current.get() is not None
        """Whether an execution around this call may hold a connection, so that it must not wait for another of that pool."""
        self._asked: str | None = None
        self._unstorable: ResponseUnstorable | None = None
        self._result: Any = None

    def ask(self, outer: Execution | None = None) -> Ask:
        """What is asked; a nested call has the principal of ``outer``, where its mark names none.

        :raises ConfigurationError: the mark says too little for a call outside a request, or the call is nested in itself.
        :raises RetriesExhausted: it is run again, and its first run changed its arguments.
        """
        return http.here(self._asking(outer))

    async def ask_async(self, outer: Execution | None = None) -> Ask:
        """As :meth:`ask`, in this event loop."""
        return await http.waited(self._asking(outer))

    def _asking(self, outer: Execution | None) -> http.Asking[Ask]:
        mark, args, kwargs = self.mark, self.args, self.kwargs
        if mark.operation is None or mark.key is None or isinstance(mark.key, RequestKey):
            raise ConfigurationError(
                f"{self.function.__qualname__} is called as a plain function: @money_moving needs operation='…' (a name "
                "that outlives renames) and key=… (a function of its arguments)."
            )
        if mark.record is not None:
            raise ConfigurationError(
                f"{self.function.__qualname__} is called as a plain function: what it returns is recorded and what it "
                "raises never is, so @money_moving(record=…) says nothing."
            )
        asked = self.idempotency.ask(
            mark,
            principal=(yield mark.scope(*args, **kwargs)) if mark.scope else _principal_of(outer),
            earlier=(yield from self._earlier(outer)),
            operation=mark.operation,
            key=(yield mark.key(*args, **kwargs)),
            fingerprint=(yield from self._fingerprint()),
        )
        if outer is not None and (asked.scope, asked.key) in level_of(outer).places:
            raise ConfigurationError(
                f"{self.function.__qualname__} is called inside itself, under the same key"
            )
        if self._asked not in (None, asked.fingerprint.stored):
            raise RetriesExhausted(CHANGED)
        self._asked = asked.fingerprint.stored
        return asked

    def _earlier(self, outer: Execution | None) -> http.Asking[list[Any]]:
        """Who asked by earlier rules: of the mark, and of the call around this one where its principal is taken."""
        around = () if outer is None or self.mark.scope is not None else outer.ask.previous
        before = [*map(protocol.principal_of, around)]
        return before + (yield from http.earlier_principals(self.mark, (), None, self.args, self.kwargs))

    def _fingerprint(self) -> http.Asking[fingerprint.Fingerprint]:
        if self.mark.fingerprint is not None:
            value = yield self.mark.fingerprint(*self.args, **self.kwargs)
        else:
            value = arguments(self.function, self.args, self.kwargs)
        return fingerprint.of_value(value, ignore=self.mark.ignore, secrets=self.idempotency.secrets)

    def with_connection(self, kwargs: dict[str, Any], borrow: Callable[[Loanable], Any]) -> dict[str, Any]:
        """``kwargs`` with our connection where the function asks for it."""
        return kwargs | {
            name: borrow(kind) for name, kind in lent_parameters(self.function) if name not in kwargs
        }

    async def with_async_connection(
        self, kwargs: dict[str, Any], borrow: Callable[[Loanable], Any]
    ) -> dict[str, Any]:
        """``kwargs`` with our connection where the function asks for it."""
        return kwargs | {
            name: await borrow(kind) for name, kind in lent_parameters(self.function) if name not in kwargs
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

    def encoded(self, result: Any) -> tuple[Response | None, BaseException | None]:
        """``result`` as ``finish`` takes it: what cannot be stored is undone where it is local, else said as lost."""
        try:
            return self.encode(result), None
        except ResponseUnstorable as error:
            self._unstorable, self._result = error, result
            if self.mark.effect == "local":
                return None, error
            return Response(STATUS_OF_A_VALUE, (), bytes(self.idempotency.policy.cap + 1)), None

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
        told = self.mark.reconcile and self.mark.reconcile(attempt)
        return self._waited_for(told) if inspect.isawaitable(told) else self._told(told)

    async def _waited_for(self, told: Awaitable[Any]) -> Any:
        return self._told(await told)

    def _told(self, told: Any) -> Any:
        return told if told is None or isinstance(told, NotExecuted) else self.encode(told)


class Conflict(Exception):
    """A nested call lost a race; the outermost execution runs again, as after a serialization failure."""

    sqlstate = "40001"


@contextmanager
def as_cause() -> Generator[None, None, None]:
    """A nested call's store error is the handler's own: it is in the handler's transaction."""
    try:
        yield
    except StoreError as error:
        raise error.cause or StoreUnavailable() from error


CHANGED = (
    "The transaction lost a conflict and was undone, and its first run changed its own arguments: it cannot be run again "
    "here. Retry with the same key, and leave arguments as they are."
)


def joins(
    outer: Any, mark: MoneyMoving, colour: type[SyncExecution | AsyncExecution], function: Function
) -> bool:
    """Whether a call is part of the local execution around it.

    :raises ConfigurationError: it would be, but the execution is of the other colour.
    """
    if not isinstance(outer, Execution) or not outer.local or mark.effect != "local" or outer.ended:
        return False
    if not isinstance(outer, colour):
        raise ConfigurationError(
            f"{function.__qualname__} is called inside a money-moving execution of the other colour, whose transaction it "
            "cannot join: make both async, or both sync."
        )
    return True


def still_there(outer: Execution) -> None:
    """It is this call's turn; the execution around it may have ended while it waited.

    :raises ConfigurationError: it has.
    """
    if outer.ended:
        raise ConfigurationError("the execution around this call has ended: wait for what a handler starts")


def _principal_of(outer: Execution | None) -> str | None:
    return None if outer is None else protocol.principal_of(outer.ask.scope)
