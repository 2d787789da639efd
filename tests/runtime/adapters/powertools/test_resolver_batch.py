"""Batches of SQS: the mark is on the function of a message's body; one on what is delivered would refuse each redelivery."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel

from idem_runtime import ConfigurationError, Idempotency, money_moving
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.powertools.asking import INSERT, idempotency

Database = psycopg.Connection[Any]
KEY = {"operation": "pay", "principal": lambda: "queue"}


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    with idempotency(dsn) as made:
        made.install()
        yield made


def delivered(number: int, delivery: int = 1, amount: int | None = None) -> dict[str, Any]:
    """A message as the queue hands it over; its receipt and its count are new with every delivery."""
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"receipt {number} {delivery}",
        "body": json.dumps({"transfer": f"t{number}", "amount": amount or number}),
        "attributes": {
            "ApproximateReceiveCount": str(delivery),
            "SentTimestamp": "1545082649183",
            "SenderId": "A",
            "ApproximateFirstReceiveTimestamp": "1545082649185",
            "MessageGroupId": "g",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:payments",
        "awsRegion": "eu-central-1",
    }


FORMS: dict[str, Any] = {
    "a record": SQSRecord,
    "a dictionary": lambda event: event,
    "a model": SqsRecordModel.model_validate,
    "an event": lambda event: {"Records": [event]},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_function_of_what_is_delivered_is_refused_before_anything_is_done(
    idem: Idempotency, db: Database, form: str
) -> None:
    @money_moving(key=lambda record: "k", **KEY)
    def pay(record: Any, db: Any = idem.lent) -> None:
        db.execute(INSERT, (5,))

    with pytest.raises(ConfigurationError, match="Mark a function that is called with the message's body"):
        pay(FORMS[form](delivered(5)))
    assert (ledger(db), records(db)) == ([], 0)


@pytest.mark.parametrize(
    "said",
    [
        {"fingerprint": lambda record: record["body"]},
        {"ignore": ("/record/receiptHandle", "/record/attributes")},
    ],
)
def test_who_says_what_identifies_the_payload_is_not_refused(
    idem: Idempotency, db: Database, said: dict[str, Any]
) -> None:
    @money_moving(key=lambda record: record["messageId"], **KEY, **said)
    def pay(record: Any, db: Any = idem.lent) -> int:
        db.execute(INSERT, (json.loads(record["body"])["amount"],))
        return 1

    assert [pay(SQSRecord(delivered(5, delivery))) for delivery in (1, 2)] == [1, 1]
    assert ledger(db) == [5]


@pytest.mark.parametrize("fifo", [False, True])
def test_a_batch_that_is_delivered_again_pays_what_had_failed_and_nothing_twice(
    idem: Idempotency, db: Database, fifo: bool
) -> None:
    failing = {"t2"}

    @money_moving(key=lambda body: body["transfer"], **KEY)
    def pay(body: dict[str, Any], db: Any = idem.lent) -> None:
        db.execute(INSERT, (body["amount"],))
        if body["transfer"] in failing:
            raise RuntimeError("failed")

    def record_handler(record: SQSRecord) -> None:
        pay(record.json_body)

    processor = SqsFifoPartialProcessor() if fifo else BatchProcessor(event_type=EventType.SQS)

    def deliver(*numbers: int, delivery: int) -> list[str]:
        event = {"Records": [delivered(number, delivery) for number in numbers]}
        answer = process_partial_response(event, record_handler, processor)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    assert deliver(1, 2, 3, delivery=1) == (["m2", "m3"] if fifo else ["m2"])
    assert ledger(db) == ([1] if fifo else [1, 3])
    failing.clear()
    assert deliver(1, 2, 3, delivery=2) == []
    assert sorted(ledger(db)) == [1, 2, 3]
