"""dramatiq: ``install(broker)`` before the actors are declared, each with ``@money_moving(…)`` below ``@dramatiq.actor``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from dramatiq import Actor, Broker, MessageProxy, Retry
from dramatiq.middleware import Retries

from idem_runtime.adapters.queues.refused_message import (
    is_counted,
    log_dead_letter,
    log_retry,
    seconds_until_retry,
)
from idem_runtime.errors import ConfigurationError, IdempotencyError
from idem_runtime.marks import MoneyMoving, mark_of

WAITS = "idem_waits"
"""The message's option that counts how often it has waited."""


def install(broker: Broker) -> None:
    """Judge what is refused in the actors of ``broker``, in place of its ``Retries``, whose settings are kept.

    A message whose original still runs, or whose database is away, is delayed; that does not count against
    ``max_retries``. A handler that took too long, or kept losing conflicts, is retried as after ``dramatiq.Retry``.
    Everything else that is refused (a key of another payload, an unknown outcome) is dead-lettered at once, with an
    ``ERROR`` in the log. Whatever else an actor raises is ``Retries``' as before.

    :raises ConfigurationError: the broker has no ``Retries``, so that it would drop what fails.
    """
    for position, middleware in enumerate(broker.middleware):
        if isinstance(middleware, MoneyRetries):
            return
        if isinstance(middleware, Retries):
            own = MoneyRetries(middleware)
            broker.middleware[position] = own
            actors: list[Any] = [*broker.actors.values()]  # pyright: ignore[reportUnknownMemberType] - actors of any result
            for actor in actors:
                own.after_declare_actor(broker, actor)
            return
    raise ConfigurationError("this broker has no Retries middleware, so that it drops what fails: add it")


class Refused(Retry):
    """A refusal on its way from an actor to :class:`MoneyRetries`: of a kind that dramatiq does not log as a failure.

    It is also what a marked actor raises that another one calls as a function: so that the caller's message waits.
    """

    def __init__(self, error: IdempotencyError) -> None:
        """``error``: what the marked function was refused with."""
        super().__init__(f"{error.code}: {error.message}")
        self.error = error


class MoneyRetries(Retries):
    """``Retries`` that judges refusals by what they are; everything else as ``Retries`` does."""

    def __init__(self, replaced: Retries) -> None:
        """With the settings of ``replaced``."""
        super().__init__(
            max_retries=replaced.max_retries,
            min_backoff=replaced.min_backoff,
            max_backoff=replaced.max_backoff,
            retry_when=replaced.retry_when,
        )

    def after_declare_actor(self, broker: Broker, actor: Actor[Any, Any]) -> None:  # noqa: ARG002 - a hook
        """Let refusals leave a marked actor as :class:`Refused`."""
        if isinstance(mark_of(actor.fn), MoneyMoving):
            actor.fn = _telling(actor.fn)

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        """Delay, retry or dead-letter a message that was refused."""
        if not isinstance(exception, Refused):
            super().after_process_message(broker, message, result=result, exception=exception)  # type: ignore[no-untyped-call]  # - as all hooks of Retries
            return
        error, name = exception.error, f"message {message.actor_name}[{message.message_id}]"
        waits = int(message.options.get(WAITS, 0))
        seconds = seconds_until_retry(error, waits)
        if seconds is None:
            log_dead_letter(name, error, f"the dead letters of queue {message.queue_name}")
            message.fail()
            return
        log_retry(name, error, seconds)
        exception.delay = round(seconds * 1000)
        if is_counted(error):
            super().after_process_message(broker, message, exception=exception)  # type: ignore[no-untyped-call]  # - as above
            return
        message.options[WAITS] = waits + 1
        broker.enqueue(message, delay=exception.delay)  # type: ignore[arg-type]  # - a proxy is as good, as in Retries


def _telling(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def telling(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except IdempotencyError as error:
            raise Refused(error) from error

    return telling
