"""Admits calls of plain functions: a call of its own is one execution, a call inside a local execution is a part of that."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from idem_runtime.adapters.function.call import Call
from idem_runtime.adapters.function.nested_call import NestedCall, as_cause, joins
from idem_runtime.errors import RetriesExhausted
from idem_runtime.execution.current import Level, Restoring, current, level_of, nesting
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.rerun import backoff
from idem_runtime.execution.run_steps import run_async, run_sync, run_to_the_end
from idem_runtime.marks import Function, MoneyMoving, install_for_process
from idem_runtime.model import Ask, Execute
from idem_runtime.protocol.scope import principal_of
from idem_runtime.runtime import Runtime
from idem_runtime.sharding import ShardedRuntime
from idem_runtime.startup import connection_check
from idem_runtime.startup.route_checks import refuse_unknown


def install(runtime: Runtime, _: None = None, **options: Any) -> None:
    """Protect every marked function of this process that no framework's adapter admits.

    ``without_connection``: as of :class:`idem_runtime.startup.route_checks.Checks`, asked at a function's first call.

    :raises ConfigurationError: an option that there is not, or that cannot be used.
    """
    refuse_unknown(options, ("without_connection",))
    joined = runtime.using is not None
    rule = connection_check.Functions(options.get("without_connection", "refuse"), joined=joined)
    install_for_process(FunctionAdmission(runtime, rule), ledger_outside=runtime.ledger_outside)


class FunctionAdmission:
    """What a mark finds where no framework's adapter admits the call."""

    def __init__(self, runtime: Runtime, rule: connection_check.Functions | None = None) -> None:
        """One per ``Idempotency``; it keeps nothing per call. ``rule``: what each function is asked once."""
        self.runtime = runtime
        self.rule = rule or connection_check.Functions()

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a call of a sync function."""
        self.rule.check(mark, function, args)
        call, outer = Call(self.runtime, mark, function, args, kwargs), current.get()
        if joins(outer, mark, function, awaits=False):
            return self._nested(outer, call)
        for round_ in range(self.runtime.policy.retries + 1):
            over, value = self._once(call)
            if over:
                return value
            time.sleep(backoff(round_))
        raise RetriesExhausted

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a call of an async function."""
        self.rule.check(mark, function, args)
        call, outer = Call(self.runtime, mark, function, args, kwargs), current.get()
        if joins(outer, mark, function, awaits=True):
            return await self._nested_async(outer, call)
        for round_ in range(self.runtime.policy.retries + 1):
            over, value = await self._once_async(call)
            if over:
                return value
            await asyncio.sleep(backoff(round_))
        raise RetriesExhausted

    # A call of its own

    def _execution(self, call: Call, ask: Ask, *, awaits: bool) -> Execution:
        runtime = self.runtime
        if runtime.sharded:
            runtime = runtime.shard(principal_of(ask.scope))
        new_store = runtime.async_store if awaits else runtime.sync_store
        execution = Execution(call.mark, ask, runtime.policy, new_store(small=call.inside), awaits=awaits)
        execution.handler = call.function
        return execution

    def _once(self, call: Call) -> tuple[bool, Any]:
        execution, context = self._execution(call, call.ask(), awaits=False), Restoring()
        try:
            try:
                return self._execute(call, execution)
            finally:
                self._give_back(execution, context)
        finally:
            self._give_back(execution, context)  # again: a signal handler's exception may have cut it off

    @staticmethod
    def _give_back(execution: Execution, context: Restoring) -> None:
        if not execution.over:
            run_sync(execution.ending())
        context.restore()

    def _execute(self, call: Call, execution: Execution) -> tuple[bool, Any]:
        decision = run_sync(execution.admitting(call.reconcile))
        if not isinstance(decision, Execute):
            return call.answer(decision)
        try:
            with execution.running():
                kwargs = call.with_connection(execution.borrow_sync)
                answer, raised = call.encoded(call.function(*call.args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - raised again by `failed`
            return call.failed(run_sync(execution.finishing(None, error)), error)
        return call.answer(run_sync(execution.finishing(answer, raised)))

    async def _once_async(self, call: Call) -> tuple[bool, Any]:
        execution, context = self._execution(call, await call.ask_async(), awaits=True), Restoring()
        try:
            try:
                return await self._execute_async(call, execution)
            finally:
                await self._give_back_async(execution, context)
        finally:
            await self._give_back_async(execution, context)  # again: see `_once`

    @staticmethod
    async def _give_back_async(execution: Execution, context: Restoring) -> None:
        if not execution.over:
            await run_to_the_end(execution.ending())
        context.restore()

    async def _execute_async(self, call: Call, execution: Execution) -> tuple[bool, Any]:
        decision = await run_async(execution.admitting(call.reconcile))
        if not isinstance(decision, Execute):
            return call.answer(decision)
        try:
            with execution.running():
                kwargs = await call.with_async_connection(execution.borrow_async)
                answer, raised = call.encoded(await call.function(*call.args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - raised again by `failed`
            return call.failed(await run_to_the_end(execution.finishing(None, error)), error)
        return call.answer(await run_to_the_end(execution.finishing(answer, raised)))

    # A call inside a local execution

    def _nested(self, outer: Execution, call: Call) -> Any:
        ask = call.ask(outer)
        self._check_shard(outer, ask)
        level, inner = level_of(outer), self._level(outer, ask, threading.Lock())
        with level.turn, nesting(inner), as_cause():
            part = NestedCall(outer, call, ask)
            if not run_sync(part.admitting()):
                return part.value()
            try:
                with outer.store.part():
                    kwargs = call.with_connection(outer.borrow_sync)
                    response = call.encode(call.function(*call.args, **kwargs))
            except BaseException:
                run_sync(part.undoing())
                raise
            run_sync(part.sealing(response))
        return part.value()

    async def _nested_async(self, outer: Execution, call: Call) -> Any:
        ask = await call.ask_async(outer)
        self._check_shard(outer, ask)
        level, inner = level_of(outer), self._level(outer, ask, asyncio.Lock())
        async with level.turn:
            with nesting(inner), as_cause():
                part = NestedCall(outer, call, ask)
                if not await run_async(part.admitting()):
                    return part.value()
                try:
                    async with await outer.store.part():
                        kwargs = await call.with_async_connection(outer.borrow_async)
                        response = call.encode(await call.function(*call.args, **kwargs))
                except BaseException:
                    await run_async(part.undoing())
                    raise
                await run_async(part.sealing(response))
        return part.value()

    def _check_shard(self, outer: Execution, ask: Ask) -> None:
        if isinstance(self.runtime, ShardedRuntime):
            self.runtime.check_together(ask, [outer.ask.scope])

    @staticmethod
    def _level(outer: Execution, ask: Ask, turn: Any) -> Level:
        around = level_of(outer)
        return Level(around.outermost, turn, around.places | {(ask.scope, ask.key)})
