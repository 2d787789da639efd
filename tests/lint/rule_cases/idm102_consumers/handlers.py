import pika
from faststream.redis import RedisBroker
from kombu import Consumer, Queue
from kombu.mixins import ConsumerMixin

from idem_runtime import money_moving
from ledger import book

broker = RedisBroker()


@broker.subscriber(stream="transfers")
async def transfers(message):  # want IDM102
    book(message, 1)


@broker.subscriber(stream="marked")
@money_moving(operation="m", key=lambda message: message, principal=lambda message: message)
async def marked(message):
    book(message, 1)


def on_message(body, message):  # want IDM102
    book(body, 1)


def kombu_consumer(connection):
    return Consumer(connection, [Queue("q")], callbacks=[on_message])


class Worker(ConsumerMixin):
    def on_message(self, body, message):  # want IDM102
        book(body, 1)


def on_delivery(channel, method, properties, body):  # want IDM102
    book(body, 1)


def pika_consumer():
    channel = pika.BlockingConnection().channel()
    channel.basic_consume("queue", on_delivery)


def lambda_handler(event, context):  # want IDM102
    book(event, 1)


def sqs_handler(event, _context):  # want IDM102
    book(event, 1)


def handler_of_three(event, context, more):
    book(event, 1)


def receives(event, context):
    book(event, 1)
