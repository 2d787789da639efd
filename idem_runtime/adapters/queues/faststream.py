"""FastStream on Redis streams: ``RedisBroker(…, middlewares=[RetryLater(dead_letter="…")])``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias, TypeGuard, cast

from faststream import BaseMiddleware, ContextRepo
from faststream.exceptions import AckMessage, NackMessage
from faststream.message import StreamMessage
from faststream.redis.message import RedisBatchStreamMessage, RedisStreamMessage
from redis.exceptions import RedisError

from idem_runtime.adapters.queues.refused_message import (
    is_counted,
    log_dead_letter,
    log_retry,
    seconds_until_retry,
)
from idem_runtime.errors import IdempotencyError
from idem_runtime.log_records import LOGGER

FromStream: TypeAlias = RedisStreamMessage | RedisBatchStreamMessage
DATA = "__data__"
"""The field of a stream's entry that FastStream reads."""


@dataclass(frozen=True)
class RetryLater:
    """Leaves pending what is refused for now, and moves what is refused for good to the stream ``dead_letter``.

    A message that is left pending comes back to the subscriber that claims it (``StreamSub(…, min_idle_time=…)``), after
    that time: without such a subscriber it never does. Where the original still runs, or the database is away, this has no
    end. A handler that took too long, or kept losing conflicts, is given up after ``limit`` deliveries. What a subscriber
    cannot get again (a list, a channel, a stream without a group, ``ACK_FIRST``) is moved at once, rather than lost. What
    Redis does not take among the dead letters stays pending, whatever the subscriber's ``ack_policy``. An ``ERROR`` in the
    log says what is moved; its bytes stay as they are, and ``idem_code`` says why.
    """

    dead_letter: str
    limit: int = 20

    def __call__(self, message: Any, /, *, context: ContextRepo) -> BaseMiddleware[Any, Any]:
        """The middleware of one message."""
        return _Judging(message, context=context, rule=self)


class _Judging(BaseMiddleware[Any, Any]):
    def __init__(self, message: Any, /, *, context: ContextRepo, rule: RetryLater) -> None:
        super().__init__(message, context=context)
        self._rule = rule

    async def consume_scope(self, call_next: Callable[[Any], Awaitable[Any]], msg: StreamMessage[Any]) -> Any:
        try:
            return await call_next(msg)
        except IdempotencyError as error:
            await self._refused(error, msg)

    async def _refused(self, error: IdempotencyError, message: StreamMessage[Any]) -> NoReturn:
        name = f"message {message.raw_message['channel']}[{message.message_id}]"
        try:
            done = await self._is_moved(error, message, name)
        except RedisError:
            if not _comes_again(message):
                raise
            LOGGER.exception("%s is refused (%s) and stays pending: Redis did not take it", name, error.code)
            done = False
        await (message.ack() if done else message.nack())
        raise (AckMessage if done else NackMessage) from error

    async def _is_moved(self, error: IdempotencyError, message: StreamMessage[Any], name: str) -> bool:
        """Move it to the dead letters, unless it waits."""
        deliveries = await _deliveries(message)
        given_up = is_counted(error) and deliveries >= self._rule.limit
        if seconds_until_retry(error) is not None and deliveries and not given_up:
            log_retry(name, error, None)
            return False
        await self._move(message, error)
        log_dead_letter(name, error, f"stream {self._rule.dead_letter}")
        return True

    async def _move(self, message: StreamMessage[Any], error: IdempotencyError) -> None:
        data: Any = message.raw_message["data"]
        entries: list[Any] = [*data] if isinstance(data, list) else [data]
        client = await self.context.get("broker").connect()
        for entry in entries:
            fields: dict[Any, Any] = {**entry} if isinstance(entry, dict) else {DATA: entry}
            await client.xadd(self._rule.dead_letter, {**fields, "idem_code": error.code})


def _comes_again(message: StreamMessage[Any]) -> TypeGuard[FromStream]:
    if not isinstance(message, FromStream):
        return False
    return not message.committed and message.group is not None


async def _deliveries(message: StreamMessage[Any]) -> int:
    """How often the group was given this message; 0 where nobody gets it again."""
    if not _comes_again(message):
        return 0
    first = message.raw_message["message_ids"][0]
    pending = await message.consumer.xpending_range(
        name=message.raw_message["channel"],
        groupname=cast("str", message.group),
        min=first,
        max=first,
        count=1,
    )
    return int(pending[0]["times_delivered"]) if pending else 0
