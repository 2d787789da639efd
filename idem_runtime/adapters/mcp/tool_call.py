"""One call of a marked tool: where its key, its principal and its payload are, and how a refusal is told to an agent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from idem_runtime.adapters.function.admission import FunctionAdmission
from idem_runtime.adapters.function.signature import arguments
from idem_runtime.errors import IdempotencyError, KeyInvalid, KeyMissing
from idem_runtime.marks import Function, MoneyMoving, is_mark_of
from idem_runtime.runtime import Runtime
from idem_runtime.startup.connection_check import Functions

IN_META = "idempotencyKey"
"""In the ``_meta`` of a call, where the agent's runtime puts it."""
AS_ARGUMENT = "idempotency_key"
"""The tool's parameter, where the model itself says it."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a server knows of one call.

    ``function``: of the tool. ``parameters``: what a caller may send, without what the server injects. ``context``: the
    framework's own, for ``Idempotency(principal=)``. ``refusal``: the framework's error whose text reaches the agent.
    """

    name: str
    function: Function
    parameters: frozenset[str]
    sent: Mapping[str, Any]
    meta: Mapping[str, Any]
    context: Any
    refusal: Callable[[str], Exception]

    def key(self, *_: Any, **__: Any) -> Any:
        """The key of this call.

        :raises KeyMissing: it has none. :raises KeyInvalid: it has two.
        """
        found = {key for key in (self.meta.get(IN_META), self.sent.get(AS_ARGUMENT)) if key is not None}
        if not found:
            raise KeyMissing(
                f"Say a key that is new for each intent, and the same for every retry of it: _meta.{IN_META} of the call, "
                f"or the argument {AS_ARGUMENT} where the tool has one."
            )
        if len(found) > 1:
            raise KeyInvalid(f"_meta.{IN_META} and the argument {AS_ARGUMENT} are not the same key.")
        return found.pop()

    def payload(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """What the caller asks for, defaults included; its key is none of it."""
        bound = arguments(self.function, args, kwargs)
        return {
            name: value for name, value in bound.items() if name in self.parameters and name != AS_ARGUMENT
        }


class ToolAdmission(FunctionAdmission):
    """Admits one tool call, and the calls of other marked functions in it as any plain function's."""

    def __init__(self, runtime: Runtime, rule: Functions, tool: ToolCall) -> None:
        """``rule``: of the server; each function is asked once."""
        super().__init__(runtime, rule)
        self._tool = tool

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a call of a sync function; a refusal of the tool's own call is told to the agent."""
        if not is_mark_of(self._tool.function, mark, function):
            return super().call(mark, function, args, kwargs)
        try:
            return super().call(self._completed(mark), function, args, kwargs)
        except IdempotencyError as error:
            raise self._refusal(error) from error

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """As :meth:`call`, for an async function."""
        if not is_mark_of(self._tool.function, mark, function):
            return await super().acall(mark, function, args, kwargs)
        try:
            return await super().acall(self._completed(mark), function, args, kwargs)
        except IdempotencyError as error:
            raise self._refusal(error) from error

    def _completed(self, mark: MoneyMoving) -> MoneyMoving:
        """``mark``, with what the call says where it says nothing itself."""
        tool, earlier = self._tool, self.runtime.previous_principals
        return replace(
            mark,
            operation=mark.operation or f"tools/{tool.name}",
            key=mark.key or tool.key,
            principal=mark.principal or self._principal,
            previous_principals=(*mark.previous_principals, *(partial(_of, who, tool) for who in earlier)),
            fingerprint=mark.fingerprint or tool.payload,
        )

    def _principal(self, *_: Any, **__: Any) -> Any:
        assert self.runtime.principal is not None  # else the checks have refused the tool
        return self.runtime.principal(self._tool.context)

    def _refusal(self, error: IdempotencyError) -> Exception:
        told: dict[str, Any] = {"code": error.code, "message": error.message, "retryable": error.retriable}
        if error.retry_after is not None:
            told["retry_after"] = error.retry_after
        return self._tool.refusal(json.dumps(told))


def _of(resolver: Callable[[Any], Any], tool: ToolCall, *_: Any, **__: Any) -> Any:
    return resolver(tool.context)
