"""What every HTTP adapter asks of a request: its key, who is behind it, and what identifies its payload.

Questions are generators: they yield what an application's function gave, which may have to be waited for, and get the
value back. :func:`waited` drives them in an event loop, :func:`here` in a thread.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextvars import copy_context
from functools import partial
from typing import Any, TypeAlias, TypeVar

from idem_runtime import log_records
from idem_runtime.errors import ConfigurationError, IdempotencyError, PrincipalMissing
from idem_runtime.key import RequestKey, parse_key
from idem_runtime.mark_callables import name_of
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Request
from idem_runtime.protocol import fingerprint

T = TypeVar("T")
Asking: TypeAlias = Generator[Any, Any, T]
NOBODY = (LookupError, AttributeError)
"""What an *earlier* resolver raises that looks for somebody who is not there: a header that is not sent any more."""


def key_in_headers(mark: MoneyMoving) -> bool:
    """Whether the headers alone say what the key is."""
    return mark.key is None or (isinstance(mark.key, RequestKey) and mark.key.header is not None)


def check_headers(mark: MoneyMoving, request: Request) -> None:
    """Look for the key before the body is read, where it is in a header.

    :raises KeyMissing: none. :raises KeyInvalid: not one that can be used.
    """
    if key_in_headers(mark):
        _key_of_request(mark, request)


def _key_of_request(mark: MoneyMoving, request: Request) -> str:
    return parse_key(request.header("idempotency-key")) if mark.key is None else mark.key(request)


def key_of(
    mark: MoneyMoving, request: Request, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Asking[object]:
    """The key of this request: ``Idempotency-Key``, or what the mark's ``key=`` finds."""
    if mark.key is None or isinstance(mark.key, RequestKey):
        return _key_of_request(mark, request)
    return (yield mark.key(*args, **kwargs))


def principal_of(
    mark: MoneyMoving,
    resolver: Callable[[Any], Any] | None,
    request: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Asking[Any]:
    """Who asks: the mark's ``principal=``, else the application's resolver.

    What one of them raises is raised as it is, and logged: an answer where it is one (``HTTPException``), else a 500.

    :raises PrincipalMissing: there is no resolver.
    """
    asked = resolver if mark.principal is None else mark.principal
    if asked is None:
        raise PrincipalMissing(
            "Idempotency(principal=…) is missing: say who asks, by a stable tenant or actor id."
        )
    try:
        return (yield asked(request) if mark.principal is None else asked(*args, **kwargs))
    except IdempotencyError:
        raise
    except Exception as error:
        said = f"principal= ({name_of(asked)}) raised {type(error).__name__}: return None where nobody asks"
        log_records.unresolved(said)
        if isinstance(
            error, LookupError
        ):  # Werkzeug's is an HTTP answer, too: 400, though the program is wrong
            raise ConfigurationError(said) from error
        raise


def earlier_principals(
    mark: MoneyMoving,
    resolvers: Iterable[Callable[[Any], Any]],
    request: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Asking[list[Any]]:
    """Who asked by earlier rules, ``previous_principals=`` of the application and of the mark.

    One that finds nobody is ``None``.
    """
    calls = [partial(resolver, request) for resolver in resolvers]
    calls += [partial(scope, *args, **kwargs) for scope in mark.previous_principals]
    earlier: list[Any] = []
    for call in calls:
        earlier = [*earlier, (yield from _nobody_is_none(call))]
    return earlier


def _nobody_is_none(call: partial[Any]) -> Asking[Any]:
    try:
        return (yield call())
    except NOBODY as error:
        log_records.passed_over(f"previous_principals= ({name_of(call.func)}) raised {type(error).__name__}")
        return None


def fingerprint_of(
    mark: MoneyMoving,
    request: Request,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    secrets: dict[str, bytes],
) -> Asking[fingerprint.Fingerprint]:
    """What identifies the payload: the request, or what the mark's ``fingerprint=`` says of it, beside its path."""
    if mark.fingerprint is None:
        return fingerprint.of_request(request, ignore=mark.ignore, secrets=secrets)
    value = yield mark.fingerprint(*args, **kwargs)
    return fingerprint.of_value(value, path=request.path_params, ignore=mark.ignore, secrets=secrets)


async def waited(asking: Asking[T]) -> T:
    """Drive ``asking`` in this event loop."""
    try:
        given = next(asking)
        while True:
            try:
                value = await given if inspect.isawaitable(given) else given
            except Exception as error:  # noqa: BLE001 - thrown to whoever asked
                given = asking.throw(error)
            else:
                given = asking.send(value)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # - a generator's value


def here(asking: Asking[T]) -> T:
    """Drive ``asking`` in this thread; what has to be waited for gets an event loop of its own."""
    try:
        given = next(asking)
        while True:
            try:
                value = _elsewhere(given) if inspect.isawaitable(given) else given
            except Exception as error:  # noqa: BLE001 - thrown to whoever asked
                given = asking.throw(error)
            else:
                given = asking.send(value)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # - a generator's value


def _elsewhere(given: Awaitable[Any]) -> Any:
    """In a thread of its own, because this one may run an event loop, with the context of this one."""
    results: list[Any] = []
    errors: list[BaseException] = []

    async def wait() -> Any:
        return await given

    def run() -> None:
        try:
            results.append(asyncio.run(wait()))
        except BaseException as error:  # noqa: BLE001 - raised by who waits
            errors.append(error)

    thread = threading.Thread(target=copy_context().run, args=(run,), name="idem-asking")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
