"""Consumers of messages: handlers that a broker's library calls, and loops that read from it.

Source: faststream/*/broker (``subscriber``); kombu/messaging.py (``Consumer(callbacks=, on_message=)``), kombu/mixins.py;
pika's ``basic_consume``; kafka-python and aiokafka (a consumer is iterated, ``poll``, ``getone``, ``getmany``);
confluent_kafka (``poll``, ``consume``); boto3's SQS client (``receive_message``); nats-py (``subscribe(cb=)``).
"""

from __future__ import annotations

from idem_lint.engine.parameter_binding import Slot
from idem_lint.entry_points.interface import ON_FUNCTION, EntryTable

_ONE_MESSAGE = (
    "move what one message does into a function, and put @money_moving(operation=…, key=…, principal=…) above that one, its "
    "key from the message's body (docs/queues.md)"
)

TABLES = (
    EntryTable(
        "consumer",
        "a FastStream subscriber",
        packages=("faststream",),
        decorators=frozenset({"subscriber"}),
        advice=f"{ON_FUNCTION} (docs/queues.md#faststream)",
    ),
    EntryTable(
        "consumer",
        "called for the messages of a queue",
        packages=("kombu", "pika", "aio_pika", "nats", "stomp"),
        calls={
            "Consumer": Slot(None, ("callbacks", "on_message")),
            "consume": Slot(0, ("callback",)),
            "basic_consume": Slot(1, ("on_message_callback",)),
            "subscribe": Slot(1, ("cb",)),
        },
        bases={"ConsumerMixin": ("on_message", "process_task"), "ConsumerProducerMixin": ("on_message",)},
        advice=f"{ON_FUNCTION}, its key from the message's body (docs/queues.md)",
    ),
    EntryTable(
        "consumer",
        "a loop over Kafka's messages",
        packages=("kafka", "aiokafka", "confluent_kafka"),
        iterated=frozenset({"KafkaConsumer", "AIOKafkaConsumer"}),
        fetches=frozenset({"poll", "consume", "getone", "getmany"}),
        advice=_ONE_MESSAGE,
    ),
    EntryTable(
        "consumer",
        "a loop over the messages of SQS",
        packages=("boto3", "aioboto3", "aiobotocore", "botocore"),
        fetches=frozenset({"receive_message", "receive_messages"}),
        telling=frozenset({"receive_message"}),
        advice=_ONE_MESSAGE,
    ),
)
