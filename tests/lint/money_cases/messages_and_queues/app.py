import json
import os

import boto3
from aiokafka import AIOKafkaProducer
from celery import chain, signature
from fastapi import BackgroundTasks, FastAPI
from kafka import KafkaProducer

from worker import celery, first, send_receipt, settle_batch

app = FastAPI()
producer = KafkaProducer(bootstrap_servers="localhost:9092")
queue = boto3.client("sqs")
PAYMENTS_TOPIC = "payments.transfers"
PAYOUT_QUEUE = os.environ.get("PAYOUT_QUEUE", "https://sqs/payouts")


# moves: likely  kind: direct  chain: settle -> settle_batch
@app.post("/batches/{batch}/settle")
def settle(batch: int) -> None:
    settle_batch.delay(batch)


# moves: likely  kind: direct  chain: settle_in_steps -> settle_batch
@app.post("/batches/{batch}/settle-in-steps")
def settle_in_steps(batch: int) -> None:
    chain(first.s(batch), settle_batch.s()).apply_async()


# moves: likely  kind: direct  chain: settle_by_name -> settle_batch
@app.post("/batches/{batch}/settle-by-name")
def settle_by_name(batch: int) -> None:
    celery.send_task("worker.settle_batch", args=[batch])


# moves: likely  kind: direct  chain: settle_in_background -> settle_batch
@app.post("/batches/{batch}/settle-in-background")
def settle_in_background(batch: int, tasks: BackgroundTasks) -> None:
    tasks.add_task(settle_batch, batch)


# moves: likely  kind: proxy  chain: transfer
@app.post("/transfers")
def transfer(body: dict) -> None:
    producer.send(PAYMENTS_TOPIC, json.dumps(body).encode())  # writes: proxy


# moves: likely  kind: proxy  chain: transfer_async
@app.post("/transfers/async")
async def transfer_async(body: dict) -> None:
    async with AIOKafkaProducer(bootstrap_servers="localhost:9092") as sender:
        await sender.send_and_wait(topic=PAYMENTS_TOPIC, value=json.dumps(body).encode())  # writes: proxy


# moves: likely  kind: proxy  chain: pay_out
@app.post("/payouts")
def pay_out(body: dict) -> None:
    queue.send_message(QueueUrl=PAYOUT_QUEUE, MessageBody=json.dumps(body))  # writes: proxy


# moves: no  why: the topic is a log
@app.post("/payments/audit")
def audit(body: dict) -> None:
    producer.send("payments.audit-log", json.dumps(body).encode())


# moves: no  why: a receipt
@app.post("/receipts")
def receipt(payment: int) -> None:
    send_receipt.delay(payment)


# moves: no  why: a signature is made and not sent
@app.post("/batches/{batch}/describe")
def describe(batch: int) -> str:
    return repr(signature("worker.settle_batch", args=[batch]))
