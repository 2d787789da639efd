import boto3
from aiokafka import AIOKafkaConsumer
from confluent_kafka import Consumer
from kafka import KafkaConsumer

from ledger import book


def kafka():  # want IDM102
    consumer = KafkaConsumer("payments")
    for message in consumer:
        book(message.key, 1)


async def aiokafka():  # want IDM102
    async for message in AIOKafkaConsumer("payments"):
        book(message.key, 1)


def given(consumer: KafkaConsumer):  # want IDM102
    for message in consumer:
        book(message.key, 1)


def confluent():  # want IDM102
    consumer = Consumer({})
    while True:
        book(consumer.poll(1.0), 1)


class Worker:
    def run(self):  # want IDM102
        sqs = boto3.client("sqs")
        while True:
            for message in sqs.receive_message(QueueUrl="q")["Messages"]:
                self.one(message)

    def one(self, message):
        book(message, 1)


def by_client(client):  # want IDM102
    for message in client.receive_message(QueueUrl="q")["Messages"]:
        book(message, 1)


def nested():  # want IDM102
    def every(rows):
        for row in rows:
            book(row, 1)

    messages = [message for message in KafkaConsumer("p")]
    while True:
        for _ in KafkaConsumer("payments"):
            every(messages)


def another_loop(rows):
    for row in rows:
        book(row, 1)


def polls(process):
    process.poll()
    book("a", 1)


for message in KafkaConsumer("at the top"):  # want IDM102
    book(message, 1)
