"""procrastinate: ``@app.task(retry=RetryLater())`` directly above ``@money_moving(…)``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from idem_runtime.adapters.queues.refused_message import (
    is_counted,
    log_dead_letter,
    log_retry,
    seconds_until_retry,
)
from idem_runtime.errors import IdempotencyError


class RetryLater(BaseRetryStrategy):
    """Retries what is refused for now, fails what is refused for good, and leaves the rest to ``otherwise``.

    A job whose original still runs, or whose database is away, is tried again without limit. procrastinate counts every
    try in ``attempts``, so that ``otherwise`` and ``limit`` see those, too. A handler that took too long, or kept losing
    conflicts, is tried again while there were fewer than ``limit`` attempts. Everything else that is refused (a key of
    another payload, an unknown outcome) fails: status ``failed``, and an ``ERROR`` in the log.

    ``otherwise``: the strategy for what is not a refusal; default: no retry, as procrastinate does without a strategy.
    """

    def __init__(self, otherwise: BaseRetryStrategy | None = None, *, limit: int = 10) -> None:
        """See the class."""
        self.otherwise = otherwise
        self.limit = limit

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to run ``job`` again; ``None``: not any more."""
        if not isinstance(exception, IdempotencyError):
            return self._otherwise(exception, job)
        name = f"job {job.task_name}[{job.id}]"
        seconds = seconds_until_retry(exception, job.attempts)
        if seconds is None or (is_counted(exception) and job.attempts >= self.limit):
            log_dead_letter(name, exception, "procrastinate_jobs, as failed")
            return None
        log_retry(name, exception, seconds)
        return RetryDecision(retry_at=datetime.now(tz=UTC) + timedelta(seconds=seconds))

    def _otherwise(self, exception: BaseException, job: Job) -> RetryDecision | None:
        """Also of a strategy that has the older ``get_schedule_in`` only."""
        if self.otherwise is None:
            return None
        retry = self.otherwise.get_retry_exception(exception=exception, job=job)
        return None if retry is None else retry.retry_decision
