"""How a FastStream subscriber takes what a mark raises; on a real Redis."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import redis.asyncio
from faststream import AckPolicy
from faststream.redis import RedisBroker, StreamSub

from idem_runtime import HandlerTimeout, IdempotencyError, InProgress, KeyReused
from idem_runtime.adapters.queues.faststream import RetryLater
from tests.runtime.queues.redis_server import RedisServer, needed
from tests.runtime.queues.scripted import FINAL, MARK, Scripted

pytestmark = [needed, pytest.mark.slow]
DATABASE = 4


@MARK
async def pay(order: str, amount: int) -> str:
    return order


async def outcome(
    server: RedisServer, script: Scripted, calls: int, dead: int = 1, **subscriber: Any
) -> tuple[int, int]:
    """Calls of ``pay`` for one message, and dead letters, once there are so many and nothing is pending."""
    client = redis.asyncio.Redis.from_url(server.url(DATABASE))
    broker = RedisBroker(
        server.url(DATABASE), middlewares=[RetryLater(dead_letter="dead", limit=3)], logger=None
    )
    handler = pay
    for options in subscriber["all"]:
        handler = broker.subscriber(**options)(handler)
    await client.flushdb()
    await broker.start()
    try:
        await broker.publish({"order": "o1", "amount": 5}, **subscriber["to"])
        await until(client, script, calls, dead)
        return script.calls, await client.xlen("dead")
    finally:
        await broker.stop()
        await client.aclose()


async def until(client: Any, script: Scripted, calls: int, dead: int) -> None:
    for _ in range(500):
        if script.calls >= calls and await client.xlen("dead") >= dead and not await pending(client):
            return
        await asyncio.sleep(0.02)


async def pending(client: Any) -> bool:
    if not await client.exists("pay"):
        return False
    groups = await client.xinfo_groups("pay")
    return any(group["pending"] or group["lag"] for group in groups)


NEW = StreamSub("pay", group="bank", consumer="a", polling_interval=10)
PENDING = StreamSub("pay", group="bank", consumer="b", polling_interval=10, min_idle_time=200)
TO: dict[str, Any] = {"stream": "pay"}
ONCE: dict[str, Any] = {"all": [{"stream": NEW}], "to": TO}
AGAIN: dict[str, Any] = {"all": [{"stream": NEW}, {"stream": PENDING}], "to": TO}
"""On a slow machine a message may come again while it is judged: so there may be a call more than is waited for."""


def test_waiting_has_no_end(redis_broker: RedisServer) -> None:
    script = Scripted(*(InProgress() for _ in range(6)))
    calls, dead = asyncio.run(outcome(redis_broker, script, 7, dead=0, **AGAIN))
    assert (calls >= 7, dead) == (True, 0)


def test_a_handler_that_fails_for_now_is_given_up_at_the_limit(redis_broker: RedisServer) -> None:
    script = Scripted(*(HandlerTimeout() for _ in range(100)))
    calls, dead = asyncio.run(outcome(redis_broker, script, 3, **AGAIN))
    assert (3 <= calls <= 6, dead >= 1) == (True, True)


@pytest.mark.parametrize("error", FINAL)
def test_a_final_refusal_is_moved_at_once(redis_broker: RedisServer, error: type[IdempotencyError]) -> None:
    assert asyncio.run(outcome(redis_broker, Scripted(error()), 1, **ONCE)) == (1, 1)


def test_a_dead_letter_has_the_bytes_of_the_message_and_says_why(redis_broker: RedisServer) -> None:
    asyncio.run(outcome(redis_broker, Scripted(KeyReused()), 1, **ONCE))
    with redis.Redis.from_url(redis_broker.url(DATABASE)) as client:
        ((_, sent),) = client.xrange("pay")
        ((_, dead),) = client.xrange("dead")
    assert dead == {**sent, b"idem_code": b"key_reused"}


MANUAL = {"stream": NEW, "ack_policy": AckPolicy.MANUAL}


def test_where_the_subscriber_acknowledges_by_itself_a_dead_letter_is_acknowledged_too(
    redis_broker: RedisServer,
) -> None:
    one = {"all": [MANUAL], "to": {"stream": "pay"}}
    assert asyncio.run(outcome(redis_broker, Scripted(KeyReused()), 1, **one)) == (1, 1)


@pytest.mark.parametrize(
    "subscriber",
    [
        {"all": [{"list": "pay-list"}], "to": {"list": "pay-list"}},
        {"all": [{"channel": "pay-channel"}], "to": {"channel": "pay-channel"}},
        {
            "all": [{"stream": StreamSub("pay-alone", polling_interval=10, last_id="0")}],
            "to": {"stream": "pay-alone"},
        },
        {"all": [{"stream": NEW, "ack_policy": AckPolicy.ACK_FIRST}], "to": {"stream": "pay"}},
    ],
    ids=["list", "channel", "no group", "acknowledged first"],
)
def test_what_nobody_gets_again_is_moved_rather_than_lost(
    redis_broker: RedisServer, subscriber: dict[str, Any]
) -> None:
    assert asyncio.run(outcome(redis_broker, Scripted(InProgress()), 1, **subscriber)) == (1, 1)


@pytest.mark.parametrize(("policy", "kept"), [(AckPolicy.ACK, 1), (AckPolicy.ACK_FIRST, 0)])
def test_what_redis_does_not_take_among_the_dead_letters_stays_pending(
    redis_broker: RedisServer, policy: AckPolicy, kept: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Where it was acknowledged before, the error is all that is left, and FastStream's to log."""

    async def main() -> int:
        async with redis.asyncio.Redis.from_url(redis_broker.url(DATABASE)) as client:
            await client.flushdb()
            await client.set("dead", "no stream")
            broker = RedisBroker(
                redis_broker.url(DATABASE), middlewares=[RetryLater(dead_letter="dead")], logger=None
            )
            broker.subscriber(stream=NEW, ack_policy=policy)(pay)
            script = Scripted(KeyReused())
            async with broker:
                await broker.start()
                await broker.publish({"order": "o1", "amount": 5}, stream="pay")
                for _ in range(1000):
                    if script.calls:
                        break
                    await asyncio.sleep(0.02)
            (group,) = await client.xinfo_groups("pay")
            return int(group["pending"])

    assert asyncio.run(main()) == kept
    assert ["stays pending" in message for message in caplog.messages if "key_reused" in message] == [
        True
    ] * kept


@MARK
async def pay_all(order: list[Any]) -> str:
    return "paid"


def test_a_batch_is_moved_entry_by_entry(redis_broker: RedisServer) -> None:
    async def main() -> tuple[int, int]:
        batch = StreamSub("pay", group="bank", consumer="a", polling_interval=10, batch=True)
        async with redis.asyncio.Redis.from_url(redis_broker.url(DATABASE)) as client:
            await client.flushdb()
            broker = RedisBroker(
                redis_broker.url(DATABASE), middlewares=[RetryLater(dead_letter="dead")], logger=None
            )
            broker.subscriber(stream=batch)(pay_all)
            script = Scripted(KeyReused())
            async with broker:
                await broker.start()
                await broker.publish({"order": "o1", "amount": 5}, stream="pay")
                await until(client, script, 1, 1)
            return script.calls, await client.xlen("dead")

    assert asyncio.run(main()) == (1, 1)
