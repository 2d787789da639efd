"""``@ledger_write``: a function that writes the ledger, and may be called inside a money-moving execution only."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing
from typing import Any, ParamSpec, TypeVar, cast

from idem_runtime.admission_in_force import installed_ledger_outside, is_executing
from idem_runtime.errors import ConfigurationError, LedgerWriteOutside
from idem_runtime.mark_callables import innermost, is_async, name_of
from idem_runtime.mark_values import Function

P = ParamSpec("P")
R = TypeVar("R")


def ledger_write(function: Callable[P, R], /) -> Callable[P, R]:
    """This function writes the ledger: called outside a money-moving execution it raises.

    :raises LedgerWriteOutside: at the call (or warns, where ``Idempotency(ledger_outside="warn")`` is installed).
    """
    _check_function(function)
    inner = innermost(function)
    if inspect.isgeneratorfunction(inner):
        wrapper: Function = _checked_generator(function)
    elif inspect.isasyncgenfunction(inner):
        wrapper = _checked_async_generator(function)
    elif is_async(function):
        wrapper = _checked_async(cast("Callable[..., Awaitable[Any]]", function))
    else:
        wrapper = _checked(function)
    return cast("Callable[P, R]", wrapper)


def _check_function(function: Function) -> None:
    if isinstance(function, type):
        raise ConfigurationError(f"@ledger_write on class {function.__name__}: mark the functions that write")


def _checked(function: Function) -> Function:
    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        _check_inside(function)
        return function(*args, **kwargs)

    return checked


def _checked_async(function: Callable[..., Awaitable[Any]]) -> Function:
    @functools.wraps(function)
    async def checked(*args: Any, **kwargs: Any) -> Any:
        _check_inside(function)
        return await function(*args, **kwargs)

    return checked


def _checked_generator(function: Function) -> Function:
    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        _check_inside(function)
        entries: Generator[Any, Any, Any] = function(*args, **kwargs)
        return (yield from entries)

    return checked


def _checked_async_generator(function: Function) -> Function:
    @functools.wraps(function)
    async def checked(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        _check_inside(function)
        async with aclosing(function(*args, **kwargs)) as items:
            async for item in items:
                yield item

    return checked


def _check_inside(function: Function) -> None:
    if is_executing():
        return
    message = (
        f"{name_of(function)} is @ledger_write, but no money-moving execution is running: "
        "mark the handler, job or command that leads here @money_moving."
    )
    if installed_ledger_outside() == "raise":
        raise LedgerWriteOutside(message)
    warnings.warn(message, RuntimeWarning, stacklevel=3)
