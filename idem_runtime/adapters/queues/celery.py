"""Celery: ``@app.task(base=MoneyTask)`` directly above ``@money_moving(…)``."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from celery import Task  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - it has none
from celery.exceptions import Reject, Retry  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - it has none

from idem_runtime.adapters.queues.refused_message import (
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
    against ``max_retries``. A handler that took too long, or kept losing conflicts, is retried as by ``self.retry()``.
    Everything else that is refused (a key of another payload, an unknown outcome) fails: state ``FAILURE``, an ``ERROR`` in
    the log, and where ``dead_letter_queue`` is named a copy of the message there. ``autoretry_for`` never sees a refusal.

    :raises ConfigurationError: where the task is made: it has no ``@money_moving`` directly above its ``def``, it is
        ``async`` (Celery does not await it), or its ``dont_autoretry_for`` leaves ``IdempotencyError`` out.
    """

    abstract = True
    acks_late = True
    reject_on_worker_lost = True
    dont_autoretry_for: ClassVar[tuple[type[BaseException], ...]] = (IdempotencyError,)
    dead_letter_queue: ClassVar[str | None] = None
    """The queue that gets a copy of every message that is given up, for somebody to look at."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a task that would not be protected."""
        super().__init_subclass__(**options)
        if "run" in vars(cls):
            _check(cls)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; outside a worker, what is refused is raised as it is."""
        try:
            return super().__call__(*args, **kwargs)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - as above
        except IdempotencyError as error:
            if self.request.called_directly:
                raise
            self._refused(error)

    def _refused(self, error: IdempotencyError) -> NoReturn:
        waits = int(self.request.get(WAITS) or 0)
        seconds = seconds_until_retry(error, waits)
        if seconds is None:
            self._give_up(error)
        log_retry(self._name_in_log(), error, seconds)
        if is_counted(error):
            raise self.retry(exc=error, countdown=seconds)  # pyright: ignore[reportUnknownMemberType] - as above
        again = self._copy(countdown=seconds, headers={WAITS: waits + 1})
        if not self.request.is_eager:
            self._send(again)
        raise Retry(exc=error, when=seconds, is_eager=self.request.is_eager, sig=again)

    def _give_up(self, error: IdempotencyError) -> NoReturn:
        place = "its result, as a failure"
        if self.dead_letter_queue is not None:
            self._send(self._copy(queue=self.dead_letter_queue, headers={"idem_code": error.code}))
            place = f"queue {self.dead_letter_queue}"
        log_dead_letter(self._name_in_log(), error, place)
        raise error

    def _copy(self, *, headers: dict[str, Any], **options: Any) -> Any:
        request = self.request
        options["headers"] = {**(request.headers or {}), **headers}
        return self.signature_from_request(request, retries=request.retries, **options)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - as above

    @staticmethod
    def _send(copy: Any) -> None:
        """Where the broker does not take the copy, the original stays: ``Task.retry`` would drop it."""
        try:
            copy.apply_async()
        except Exception as error:
            raise Reject(error, requeue=True) from error

    def _name_in_log(self) -> str:
        return f"task {self.name}[{self.request.id}]"


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
