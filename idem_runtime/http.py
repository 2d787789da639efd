"""What every HTTP adapter asks of a request: its key, and who is behind it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from idem_runtime.errors import PrincipalMissing
from idem_runtime.key import RequestKey, parse_key
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Request

NOBODY = (LookupError, AttributeError)
"""What a resolver raises that looks for somebody who is not there: a missing header, an unset ``request.state.tenant``."""


def key_of(mark: MoneyMoving, request: Request, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
    """The key of this request: ``Idempotency-Key``, or what the mark's ``key=`` finds."""
    if mark.key is None:
        return parse_key(request.header("idempotency-key"))
    return mark.key(request) if isinstance(mark.key, RequestKey) else mark.key(*args, **kwargs)


def principal_of(
    mark: MoneyMoving,
    resolver: Callable[[Any], Any] | None,
    request: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Who asks: the mark's ``scope=``, else the application's resolver (what it returns may be awaitable).

    :raises PrincipalMissing: there is no resolver, or it found nothing under a name.
    """
    if mark.scope is not None:
        return mark.scope(*args, **kwargs)
    if resolver is None:
        raise PrincipalMissing(
            "Idempotency(principal=…) is missing: say who asks, by a stable tenant or actor id."
        )
    try:
        found = resolver(request)
    except NOBODY as error:
        raise PrincipalMissing from error
    return _waited_for(found, PrincipalMissing) if inspect.isawaitable(found) else found


def earlier_principals(
    mark: MoneyMoving,
    resolvers: Iterable[Callable[[Any], Any]],
    request: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Iterator[Any]:
    """Who asked by earlier rules, ``previous_scopes=`` of the application and of the mark (each may be awaitable).

    One that finds nobody is left out.
    """
    for resolver in resolvers:
        yield _nobody_is_none(resolver, request)
    for scope in mark.earlier_principals:
        yield _nobody_is_none(scope, *args, **kwargs)


def _nobody_is_none(resolver: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        found = resolver(*args, **kwargs)
    except NOBODY:
        return None
    return _waited_for(found, None) if inspect.isawaitable(found) else found


async def _waited_for(found: Awaitable[Any], missing: type[Exception] | None) -> Any:
    try:
        return await found
    except NOBODY as error:
        if missing is not None:
            raise missing from error
        return None


async def awaited(found: Any) -> Any:
    """What a resolver found, waited for where it has to be."""
    return await found if inspect.isawaitable(found) else found
