"""What every HTTP adapter asks of a request: its key, and who is behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from idem_runtime.errors import PrincipalMissing
from idem_runtime.key import RequestKey, parse_key
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Request


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
        return resolver(request)
    except (LookupError, AttributeError) as error:  # request.state.tenant, which nobody has set
        raise PrincipalMissing from error


async def awaited(principal: Awaitable[Any]) -> Any:
    """What an async resolver finds.

    :raises PrincipalMissing: it found nothing under a name.
    """
    try:
        return await principal
    except (LookupError, AttributeError) as error:
        raise PrincipalMissing from error
