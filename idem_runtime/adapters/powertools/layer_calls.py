"""The call that Powertools makes: found where it stands, so that nothing of it is kept on the store that all calls share.

Powertools keeps the function's name and configuration on the store, and says to it neither which function runs nor how it
ends. Its ``IdempotencyHandler``, one per call, knows all that: it is the ``self`` of whoever calls the store.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, cast

from aws_lambda_powertools.utilities.idempotency.base import IdempotencyHandler
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from aws_lambda_powertools.utilities.idempotency.serialization.base import BaseIdempotencySerializer

from idem_runtime.adapters.powertools.json_values import Stored
from idem_runtime.errors import ConfigurationError, ExecutedResponseLost
from idem_runtime.execution.current import current
from idem_runtime.execution.execution import Execution
from idem_runtime.protocol.scope import operation_of

DEPTH = 12
"""How many callers are looked at: decorators (tracing) may stand between."""


def handler_of(is_the_one: Callable[[Any], bool]) -> Any:
    """The IdempotencyHandler that is calling, directly or not; ``None``: somebody uses the store by themselves."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - there is no public way to a caller's objects
    for _ in range(DEPTH):
        if frame is None:
            return None
        owner = frame.f_locals.get("self")
        if isinstance(owner, IdempotencyHandler) and is_the_one(owner):
            return owner
        frame = frame.f_back
    return None


ASYNC = (
    "is async, and Powertools would record it as done before it has begun. Mark a function with def, or use @money_moving, "
    "which is for both"
)


def refuse_async(function: Callable[..., Any]) -> None:
    """An async function returns before it has done anything: its record would be completed then.

    A decorator that runs an async function to its end makes a function of it that is not.

    :raises ConfigurationError: it is one.
    """
    inner: Any = function
    while isinstance(inner, functools.partial):
        inner = inner.func  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - of any signature
    call: Any = getattr(cast("object", inner).__class__, "__call__", None)  # noqa: B004 - of an object that is called as a function
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    if any(is_async(candidate) for candidate in (inner, call) for is_async in kinds):
        raise ConfigurationError(f"{getattr(inner, '__qualname__', type(inner).__qualname__)} {ASYNC}")


def refuse_inside(name: str) -> None:
    """A call inside a local execution, whose record would be committed by itself: if that execution is undone, what the call
    wrote goes, its record stays, and every retry gets an answer for what has not happened.

    :raises ConfigurationError: it is one.
    """
    outer = current.get()
    if isinstance(outer, Execution) and outer.local and not outer.ended:
        raise ConfigurationError(
            f"{name} is called inside the local @money_moving execution of {operation_of(outer.ask.scope)}: "
            "its record would stay where that is undone, and a retry would be answered without the money having moved. "
            "Take Powertools' decorator away, or mark the function with @money_moving and its own key="
        )


def refuse_coroutine(result: Any) -> Any:
    """``result``; not one that somebody has still to await.

    :raises ConfigurationError: it is a coroutine, of which nothing has run.
    """
    if inspect.iscoroutine(result):
        result.close()
        raise ConfigurationError(f"{result.__qualname__} {ASYNC}")
    return result


def is_durable(handler: Any) -> bool:
    """Whether this is a durable function, which is suspended by an exception and goes on in a later invocation."""
    return any(
        hasattr(value, "state") and hasattr(value, "lambda_context") for value in handler.fn_args or ()
    )


@dataclass(frozen=True, slots=True)
class NotSerializable:
    """Stands for a result that its serializer could not take."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Falsy:
    """Stands for a replayed result that is false, which Powertools would replace by ``None``."""

    value: Any


class ExactSerializer(BaseIdempotencySerializer):
    """The call's own serializer; what it raises about a result comes after the effect, and so is only noted."""

    def __init__(self, serializer: Any) -> None:
        """``serializer`` is the call's own."""
        self._serializer = serializer

    def to_dict(self, data: Any) -> Any:
        """As the serializer's, or what it raised."""
        try:
            return self._serializer.to_dict(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, the function has run
            return NotSerializable(error)

    def from_dict(self, data: Any) -> Any:
        """As the serializer's, of what was stored exactly."""
        return self._serializer.from_dict(data.value if isinstance(data, Falsy) else data)


class Record(DataRecord):
    """A stored record as Powertools reads it."""

    lost = False
    exact = False
    """Whether the call's serializer is an :class:`ExactSerializer`."""

    def respond_with(self, stored: Stored) -> Record:
        """Replay ``stored``."""
        self.response_data = stored.text or ""
        self.lost = stored.text is None
        return self

    def response_json_as_dict(self) -> Any:
        """The response.

        :raises ExecutedResponseLost: it was executed, and there is none.
        """
        if self.lost:
            raise ExecutedResponseLost
        value: Any = super().response_json_as_dict()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - of JSON
        return Falsy(value) if self.exact and value is not None and not value else value
