"""dramatiq: ``install(broker)`` before the actors are declared, each with ``@money_moving(…)`` below ``@dramatiq.actor``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
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

_to_be_run: ContextVar[str | None] = ContextVar("idem_actor_to_be_run", default=None)
"""The actor that a worker is about to run for a message; a call of any other, or a second one, is a program's own."""


def install(broker: Broker) -> None:
    """Judge what is refused in the actors of ``broker``, in place of its ``Retries``, whose settings are kept.

    A message whose original still runs, or whose database is away, is delayed; that does not count against
    ``max_retries``. A handler that took too long, or kept losing conflicts, is retried as after any other exception, by
    the actor's ``max_retries``, ``retry_when``, ``throws`` and backoff. Everything else that is refused (a key of another
    payload, an unknown outcome) is dead-lettered at once. So is what the broker does not take again. An ``ERROR`` in the log
    says what is dead-lettered. Whatever else an actor raises is ``Retries``' as before.

    An actor that a program calls as a function raises refusals as they are; where another actor lets them through, its own
    message is judged by them.

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
    """A refusal on its way from an actor to :class:`MoneyRetries`: of a kind that dramatiq does not log as a failure."""

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
        """Let refusals leave a marked actor as :class:`Refused` where a worker runs it."""
        if isinstance(mark_of(actor.fn), MoneyMoving):
            actor.fn = _telling(actor.fn, actor.actor_name)

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002 - a hook
        """Let :func:`_telling` know whose call it is."""
        _to_be_run.set(message.actor_name)

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        """Delay, retry or dead-letter a message that was refused."""
        error = exception.error if isinstance(exception, Refused) else exception
        if not isinstance(error, IdempotencyError):
            super().after_process_message(broker, message, result=result, exception=exception)  # type: ignore[no-untyped-call]  # - as all hooks of Retries
            return
        name = f"message {message.actor_name}[{message.message_id}]"
        message.stuff_exception(error)
        try:
            seconds = self._again(broker, message, error)
        except Exception:  # whatever a broker raises: dramatiq would acknowledge the message all the same
            message.fail()
            raise
        finally:
            if message.failed:
                log_dead_letter(name, error, f"the dead letters of queue {message.queue_name}")
        if not message.failed:
            log_retry(name, error, seconds)

    def _again(self, broker: Broker, message: MessageProxy, error: IdempotencyError) -> float | None:
        """Enqueue ``message`` again or fail it; after how many seconds, where that is not the actor's own backoff."""
        waits = int(message.options.get(WAITS, 0))
        seconds = seconds_until_retry(error, waits)
        if seconds is None:
            message.fail()
        elif is_counted(error):
            super().after_process_message(broker, message, exception=error)  # type: ignore[no-untyped-call]  # - as above
            return None
        else:
            message.options[WAITS] = waits + 1
            broker.enqueue(message, delay=round(seconds * 1000))  # type: ignore[arg-type]  # - a proxy is as good, as in Retries
        return seconds


def _telling(function: Callable[..., Any], actor_name: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def telling(*args: Any, **kwargs: Any) -> Any:
        if _to_be_run.get() != actor_name:
            return function(*args, **kwargs)
        _to_be_run.set(None)
        try:
            return function(*args, **kwargs)
        except IdempotencyError as error:
            raise Refused(error) from error

    return telling
