"""Celery: ``@app.task(base=MoneyTask)`` directly above ``@money_moving(…)``."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from celery import Task  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - it has none
from celery.exceptions import Reject, Retry  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - it has none

from idem_runtime.adapters.queues.refused_message import (
    LONGEST_WAIT,
    is_counted,
    log_dead_letter,
    log_retry,
    seconds_until_retry,
)
from idem_runtime.errors import ConfigurationError, IdempotencyError
from idem_runtime.mark_callables import is_async
from idem_runtime.marks import MoneyMoving, mark_of

WAITS = "idem_waits"
"""The message header that counts how often it has waited."""


class MoneyTask(Task):  # type: ignore[misc]  # - Celery has no types
    """The base of a task that moves money: a refused message waits or is a dead letter, and none is lost with a worker.

    A message whose original still runs, or whose database is away, is sent again after a while; that does not count
    against ``max_retries``. A handler that took too long, or kept losing conflicts, is retried ``max_retries`` times.
    One that is too slow still, and everything else that is refused (a key of another payload, an unknown outcome), fails:
    state ``FAILURE``, an ``ERROR`` in the log, and where ``dead_letter_queue`` is named a copy of the message there, which
    never expires. ``autoretry_for`` never sees a refusal. Outside a worker (called directly, ``apply``, always eager) a
    refusal is raised as it is.

    :raises ConfigurationError: where the task is made: it has no ``@money_moving`` directly above its ``def``, it is
        ``async`` (Celery does not await it), or its ``dont_autoretry_for`` leaves ``IdempotencyError`` out; and where it is
        bound to its application: what it gives up would be nowhere, for want of a result and of a ``dead_letter_queue``.
    """

    abstract = True
    acks_late = True
    reject_on_worker_lost = True
    store_errors_even_if_ignored = True
    dont_autoretry_for: ClassVar[tuple[type[BaseException], ...]] = (IdempotencyError,)
    dead_letter_queue: ClassVar[str | None] = None
    """The queue that gets a copy of every message that is given up, for somebody to look at."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a task that would not be protected."""
        super().__init_subclass__(**options)
        if "run" in vars(cls):
            _check(cls)

    @classmethod
    def on_bound(cls, app: Any) -> None:
        """Refuse a task whose refused messages nobody would find."""
        super().on_bound(app)  # pyright: ignore[reportUnknownMemberType] - as above
        if cls.dead_letter_queue is None and not _keeps_failures(cls, app):
            app._tasks.pop(cls.name, None)  # or Celery takes it at the second attempt  # noqa: SLF001
            raise ConfigurationError(
                f"task {cls.name}: what is refused would be in no queue and in no result: say dead_letter_queue=, "
                "or give its application a result backend (and no store_errors_even_if_ignored=False)"
            )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; outside a worker, what is refused is raised as it is."""
        try:
            return super().__call__(*args, **kwargs)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - as above
        except IdempotencyError as error:
            if self.request.called_directly or self.request.is_eager:
                raise
            self._refused(error)

    def _refused(self, error: IdempotencyError) -> NoReturn:
        waits, retries = int(self.request.get(WAITS) or 0), self.request.retries
        seconds = seconds_until_retry(error, waits)
        if seconds is None or (is_counted(error) and self._has_no_retry_left()):
            self._give_up(error)
        if is_counted(error):
            retries += 1
        else:
            waits += 1
        again = self._copy(countdown=seconds, retries=retries, headers={WAITS: waits})
        self._send(again)
        log_retry(self._name_in_log(), error, seconds)
        raise Retry(exc=error, when=seconds, sig=again)

    def _has_no_retry_left(self) -> bool:
        return self.max_retries is not None and self.request.retries >= self.max_retries  # pyright: ignore[reportUnnecessaryComparison] - None: without limit

    def _give_up(self, error: IdempotencyError) -> NoReturn:
        place = "its result, as a failure"
        if self.dead_letter_queue is not None:
            self._send(self._dead_letter(self.dead_letter_queue, error))
            place = f"queue {self.dead_letter_queue}"
        log_dead_letter(self._name_in_log(), error, place)
        raise error

    def _dead_letter(self, queue: str, error: IdempotencyError) -> Any:
        """What a worker of ``queue`` itself gives up comes back later, or it would go round at full speed."""
        delivered: dict[str, Any] = self.request.delivery_info or {}
        again = delivered.get("routing_key") == queue
        countdown = LONGEST_WAIT if again else None
        return self._copy(queue=queue, expires=None, countdown=countdown, headers={"idem_code": error.code})

    def _copy(self, *, headers: dict[str, Any], **options: Any) -> Any:
        request = self.request
        options["headers"] = {**(request.headers or {}), **headers}
        return self.signature_from_request(request, **options)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - as above

    @staticmethod
    def _send(copy: Any) -> None:
        """Where the broker does not take the copy, the original stays: ``Task.retry`` would drop it."""
        try:
            copy.apply_async()
        except Exception as error:
            raise Reject(error, requeue=True) from error

    def _name_in_log(self) -> str:
        return f"task {self.name}[{self.request.id}]"


def _keeps_failures(task: type[MoneyTask], app: Any) -> bool:
    """By its settings alone: some backends cannot be made as early as a task is bound."""
    stored = task.store_errors_even_if_ignored or not task.ignore_result
    of_application = str(app.backend_cls or app.conf.result_backend or "disabled")
    return bool(stored) and (
        not isinstance(task.backend, property) or not of_application.startswith("disabled")
    )


def _check(task: type[MoneyTask]) -> None:
    run = vars(task)["run"]
    function = getattr(run, "__func__", run)
    name = getattr(task, "name", None) or task.__qualname__
    if not isinstance(mark_of(function), MoneyMoving):
        raise ConfigurationError(
            f"task {name}: no @money_moving reaches it; put it directly above the def, below @app.task(base=MoneyTask)"
        )
    if is_async(function):
        raise ConfigurationError(
            f"task {name} is async, and Celery awaits nothing: make it a def, which may call asyncio.run()"
        )
    if not any(issubclass(IdempotencyError, error) for error in task.dont_autoretry_for):
        raise ConfigurationError(
            f"task {name}: dont_autoretry_for= leaves IdempotencyError out: add it, so that a refusal is judged here"
        )
