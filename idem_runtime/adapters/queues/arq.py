"""arq: ``@retry_later`` directly above ``@money_moving(…)``, and the function among the worker's ``functions``."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NoReturn, overload

from arq import Retry
from arq.constants import retry_key_prefix
from redis.exceptions import RedisError

from idem_runtime.adapters.queues.refused_message import (
    LONGEST_WAIT,
    is_counted,
    log_dead_letter,
    log_retry,
    seconds_until_retry,
)
from idem_runtime.errors import ConfigurationError, IdempotencyError
from idem_runtime.mark_callables import is_async, name_of
from idem_runtime.marks import MoneyMoving, mark_of

Job = Callable[..., Awaitable[Any]]


MAX_TRIES = 5
"""As many as arq's workers allow, unless they are told otherwise."""


@overload
def retry_later(function: Job, /) -> Job: ...
@overload
def retry_later(*, limit: int = MAX_TRIES) -> Callable[[Job], Job]: ...
def retry_later(function: Job | None = None, /, *, limit: int = MAX_TRIES) -> Any:
    """A job that waits where it is refused for now: arq runs it again, and keeps its result otherwise.

    One whose original still runs, or whose database is away, waits longer the older it is, a minute at most; that does
    not count against ``max_tries``. A handler that took too long, or kept losing conflicts, is given up after ``limit``
    tries. Everything else that is refused (a key of another payload, an unknown outcome) fails at once. arq keeps what is
    given up as the job's result for ``keep_result`` seconds, and an ``ERROR`` in the log says so. Called as a function,
    outside a worker, the job raises refusals as they are.

    The worker has to leave ``retry_jobs`` on, and its ``max_tries`` is no less than ``limit``: a job is not told either, and
    arq alone would give it up, without that ``ERROR``.

    :raises ConfigurationError: the function is not async, or has no ``@money_moving`` directly below.
    """
    return functools.partial(_retry_later, limit=limit) if function is None else _retry_later(function, limit)


def _retry_later(function: Job, limit: int) -> Job:
    if not isinstance(mark_of(function), MoneyMoving):
        raise ConfigurationError(
            f"@retry_later on {name_of(function)}: @money_moving does not reach it; put it below @retry_later"
        )
    if not is_async(function):
        raise ConfigurationError(f"@retry_later on {name_of(function)}: arq takes coroutine functions only")

    @functools.wraps(function)
    async def waiting(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return await function(ctx, *args, **kwargs)
        except IdempotencyError as error:
            if "job_id" not in ctx:
                raise
            await _refused(error, ctx, f"job {function.__name__}[{ctx['job_id']}]", limit)

    return waiting


async def _refused(error: IdempotencyError, ctx: dict[Any, Any], name: str, limit: int) -> NoReturn:
    seconds = _seconds(error, ctx["enqueue_time"])
    if seconds is None or (is_counted(error) and ctx["job_try"] >= limit):
        log_dead_letter(name, error, "its result, as a failure")
        raise error
    if not is_counted(error):
        with contextlib.suppress(RedisError):  # a try that counts is better than a job that fails
            await ctx["redis"].decr(f"{retry_key_prefix}{ctx['job_id']}")
    log_retry(name, error, seconds)
    raise Retry(defer=seconds) from error


def _seconds(error: IdempotencyError, enqueued: datetime) -> float | None:
    """At least what ``error`` says, and half as long as the job is old: arq has no place to count waits in."""
    seconds = seconds_until_retry(error)
    age = (datetime.now(tz=UTC) - enqueued).total_seconds()
    return None if seconds is None else max(seconds, min(age / 2, LONGEST_WAIT))
