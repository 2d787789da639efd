"""Who asks, as a mark or the application says, now and by earlier rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from idem_runtime import log_records
from idem_runtime.errors import ConfigurationError, IdempotencyError, PrincipalMissing
from idem_runtime.execution.run_steps import Waits
from idem_runtime.mark_callables import name_of
from idem_runtime.marks import MoneyMoving

NOBODY = (LookupError, AttributeError)
"""What an *earlier* resolver raises that looks for somebody who is not there: a header that is not sent any more."""


def principal_of(
    mark: MoneyMoving | None,
    resolver: Callable[[Any], Any] | None,
    request: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Waits[Any]:
    """Who asks: the mark's ``principal=``, else the application's resolver; ``mark`` is ``None`` where there is none.

    What one of them raises is raised as it is, and logged: an answer where it is one (``HTTPException``), else a 500.

    :raises PrincipalMissing: there is no resolver.
    """
    own = None if mark is None else mark.principal
    asked = resolver if own is None else own
    if asked is None:
        raise PrincipalMissing(
            "Idempotency(principal=…) is missing: say who asks, by a stable tenant or actor id."
        )
    try:
        return (yield asked(request) if own is None else asked(*args, **kwargs))
    except IdempotencyError:
        raise
    except Exception as error:
        message = (
            f"principal= ({name_of(asked)}) raised {type(error).__name__}: return None where nobody asks"
        )
        log_records.principal_unresolved(message)
        if isinstance(
            error, LookupError
        ):  # Werkzeug's is an HTTP answer, too: 400, though the program is wrong
            raise ConfigurationError(message) from error
        raise


def earlier_principals(
    mark: MoneyMoving,
    resolvers: Sequence[Callable[[Any], Any]],
    request: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Waits[list[Any]]:
    """Who asked by earlier rules, ``previous_principals=`` of the application and of the mark.

    One that finds nobody is ``None``.
    """
    if not resolvers and not mark.previous_principals:
        return []
    calls = [partial(resolver, request) for resolver in resolvers]
    calls += [partial(resolver, *args, **kwargs) for resolver in mark.previous_principals]
    earlier: list[Any] = []
    for call in calls:
        earlier = [*earlier, (yield from _nobody_is_none(call))]
    return earlier


def _nobody_is_none(call: partial[Any]) -> Waits[Any]:
    try:
        return (yield call())
    except NOBODY as error:
        log_records.resolver_passed_over(
            f"previous_principals= ({name_of(call.func)}) raised {type(error).__name__}"
        )
        return None
