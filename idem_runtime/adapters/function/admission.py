"""Plain functions: workers, queue consumers, jobs. ``idem.install()`` protects them all.

``@money_moving(operation="settle", key=lambda job: job.id, scope=lambda job: job.tenant)``: the name is required,
because a rename of the function must not change it. The function gets our connection in a parameter whose default is
``idem.lent``, or asks ``idem.sync_connection()`` (``await idem.connection()``). What it returns is stored as JSON under
its return annotation, and a replay returns an equal value; what it raises undoes everything and frees the key.

Called inside a local money-moving execution, it joins that transaction under its own key.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from idem_runtime.adapters.function.call import Call
from idem_runtime.drivers.uncancelled import uncancelled
from idem_runtime.errors import ConfigurationError, RetriesExhausted, StoreUnavailable
from idem_runtime.execution.current import Level, Restoring, current, level_of, nesting
from idem_runtime.execution.decisions import Execution, backoff
from idem_runtime.execution.run_async import AsyncExecution
from idem_runtime.execution.run_sync import SyncExecution
from idem_runtime.marks import Function, MoneyMoving, install_for_process
from idem_runtime.model import Execute, Sealed, StoreError
from idem_runtime.protocol import local_effect
from idem_runtime.runtime import Runtime
from idem_runtime.startup import connection_check
from idem_runtime.startup.route_checks import refuse_unknown


def install(runtime: Runtime, _: None = None, **options: Any) -> None:
    """Protect every marked function of this process that no framework's adapter admits.

    ``without_connection``: as of :class:`idem_runtime.startup.route_checks.Checks`, asked at a function's first call.

    :raises ConfigurationError: an option that there is not, or that cannot be used.
    """
    refuse_unknown(options, ("without_connection",))
    rule = connection_check.Functions(options.get("without_connection", "refuse"))
    install_for_process(FunctionAdmission(runtime, rule), ledger_outside=runtime.ledger_outside)


class FunctionAdmission:
    """Admits calls of plain functions."""

    def __init__(self, runtime: Runtime, rule: connection_check.Functions | None = None) -> None:
        """One per ``Idempotency``; it keeps nothing per call. ``rule``: what each function is asked once."""
        self.runtime = runtime
        self.rule = rule or connection_check.Functions()

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a call of a sync function."""
        self.rule.check(mark, function, args)
        outer = current.get()
        if joins(outer, mark, SyncExecution, function):
            return self._nested(outer, mark, function, args, kwargs)
        call = Call(self.runtime, mark, function, args, kwargs)
        for round_ in range(self.runtime.policy.retries + 1):
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
        call = Call(self.runtime, mark, function, args, kwargs)
        for round_ in range(self.runtime.policy.retries + 1):
            done, value = await self._once_async(call)
            if done:
                return value
            await asyncio.sleep(backoff(round_))
        raise RetriesExhausted

    def _once(self, call: Call) -> tuple[bool, Any]:
        store = self.runtime.sync_store(small=call.inside)
        execution = SyncExecution(call.mark, call.ask(), self.runtime.policy, store)
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
        ask, store = await call.ask_async(), self.runtime.async_store(small=call.inside)
        execution = AsyncExecution(call.mark, ask, self.runtime.policy, store)
        execution.handler = call.function
        context = Restoring()
        try:
            try:
                return await self._execute_async(call, execution)
            finally:
                await uncancelled(execution.end())
                context.restore()
        finally:
            await uncancelled(execution.end())  # again: see `_once`
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
        call, store = Call(self.runtime, mark, function, args, kwargs), outer.store
        ask, level = call.ask(outer), level_of(outer)
        inner = Level(outer, threading.Lock(), level.places | {(ask.scope, ask.key)})
        with level.turn, nesting(inner), as_cause():
            still_there(outer)
            store.flush()  # what is written before this call is not undone with it
            decision = store.run(local_effect.admit(ask, begun=True, locked=outer.policy.locked))
            if not isinstance(decision, Execute):
                store.run(local_effect.leave_nested(ask))
                return call.answer(decision)[1]
            before = len(outer.attempt.callbacks)
            try:
                with store.part():
                    with_ours = call.with_connection(kwargs, outer.borrow_sync)
                    response = call.encode(function(*args, **with_ours))
            except BaseException:
                del outer.attempt.callbacks[before:]
                store.run(local_effect.undo_nested(ask))
                raise
            verdict = store.run(local_effect.seal_nested(ask, response, replaces=decision.replaces))
            if not isinstance(verdict, Sealed):
                del outer.attempt.callbacks[before:]
        return call.answer_nested(verdict)

    async def _nested_async(
        self,
        outer: AsyncExecution,
        mark: MoneyMoving,
        function: Function,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        call, store = Call(self.runtime, mark, function, args, kwargs), outer.store
        ask, level = await call.ask_async(outer), level_of(outer)
        inner = Level(outer, asyncio.Lock(), level.places | {(ask.scope, ask.key)})
        async with level.turn:
            with nesting(inner), as_cause():
                still_there(outer)
                await store.flush()  # what is written before this call is not undone with it
                decision = await store.run(local_effect.admit(ask, begun=True, locked=outer.policy.locked))
                if not isinstance(decision, Execute):
                    await store.run(local_effect.leave_nested(ask))
                    return call.answer(decision)[1]
                before = len(outer.attempt.callbacks)
                try:
                    async with await store.part():
                        borrowed = await call.with_async_connection(kwargs, outer.borrow_async)
                        response = call.encode(await function(*args, **borrowed))
                except BaseException:
                    del outer.attempt.callbacks[before:]
                    await store.run(local_effect.undo_nested(ask))
                    raise
                verdict = await store.run(local_effect.seal_nested(ask, response, replaces=decision.replaces))
                if not isinstance(verdict, Sealed):
                    del outer.attempt.callbacks[before:]
        return call.answer_nested(verdict)


@contextmanager
def as_cause() -> Generator[None, None, None]:
    """A nested call's store error is the handler's own: it is in the handler's transaction."""
    try:
        yield
    except StoreError as error:
        raise error.cause or StoreUnavailable() from error


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
