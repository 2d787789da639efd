"""What Powertools' idempotency does with any persistence layer, it does with this one, on both tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import idempotent, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
    IdempotencyKeyError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from aws_lambda_powertools.utilities.idempotency.serialization.dataclass import DataclassSerializer
from aws_lambda_powertools.utilities.idempotency.serialization.pydantic import PydanticSerializer
from pydantic import BaseModel

from tests.runtime.adapters.powertools.layers import PAYMENT, Context, Subject, config


def test_a_function_runs_once_and_its_result_replays(ours: Subject) -> None:
    pay = ours.function()
    assert [pay(payment=PAYMENT), pay(payment=PAYMENT), ours.runs] == [{"run": 1}, {"run": 1}, [PAYMENT]]
    assert ours.statuses == ["COMPLETED"]


def test_a_handler_runs_once_and_its_result_replays(ours: Subject) -> None:
    @idempotent(persistence_store=ours.layer)
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        ours.runs.append(event)
        return {"statusCode": 201, "run": len(ours.runs)}

    context: Any = Context()
    assert handler(PAYMENT, context) == handler(PAYMENT, context) == {"statusCode": 201, "run": 1}
    assert handler({"id": "2"}, context) == {"statusCode": 201, "run": 2}


def test_a_function_that_raises_frees_its_key(ours: Subject) -> None:
    def fail(payment: Any) -> Any:
        raise ValueError("no")

    assert isinstance(ours.attempt(ours.function(fail)), ValueError)
    assert ours.statuses == []
    assert ours.attempt(ours.function()) == {"run": 2}


def test_a_duplicate_while_it_runs_is_told_so(ours: Subject) -> None:
    def inside(payment: Any) -> Any:
        return type(ours.attempt(ours.function(layer=ours.another()))).__name__

    assert ours.attempt(ours.function(inside)) == IdempotencyAlreadyInProgressError.__name__
    assert ours.runs == [PAYMENT]


def test_an_expired_record_is_executed_again(ours: Subject) -> None:
    pay = ours.function()
    pay(payment=PAYMENT)
    ours.expire()
    assert pay(payment=PAYMENT) == {"run": 2}


def test_a_record_whose_in_progress_expiry_has_passed_is_executed_again(ours: Subject) -> None:
    def crash(payment: Any) -> Any:
        ours.age()
        return ours.attempt(ours.function(layer=ours.another()))

    ours.attempt(ours.function(crash))
    assert len(ours.runs) == 2


def test_without_a_context_it_is_in_progress_until_the_retention_ends(ours: Subject) -> None:
    def inside(payment: Any) -> Any:
        return ours.sql("SELECT in_progress_expiry FROM {table}")

    with pytest.warns(UserWarning, match="register_lambda_context"):
        [(row,)] = [ours.function(inside, config=None)(payment=PAYMENT)]
    assert row == (None,)


def test_another_payload_under_the_same_key_is_refused(ours: Subject) -> None:
    options = {"event_key_jmespath": "id", "payload_validation_jmespath": "amount"}
    pay = ours.function(config=config(**options))
    pay(payment=PAYMENT)
    assert isinstance(ours.attempt(pay, {"id": "1", "amount": 6}), IdempotencyValidationError)
    assert ours.attempt(pay, {"id": "1", "amount": 5, "note": "x"}) == {"run": 1}
    assert isinstance(
        ours.attempt(ours.function(layer=ours.another(), config=config(**options)), {"id": "1"}), Exception
    )


def test_a_key_that_has_to_be_there_is_demanded(ours: Subject) -> None:
    pay = ours.function(config=config(event_key_jmespath="missing", raise_on_no_idempotency_key=True))
    assert isinstance(ours.attempt(pay), IdempotencyKeyError)
    assert ours.runs == []


def test_without_a_key_powertools_runs_it_unprotected_and_warns(ours: Subject) -> None:
    pay = ours.function(config=config(event_key_jmespath="missing"))
    with pytest.warns(UserWarning, match="No idempotency key"):
        assert [pay(payment=PAYMENT), pay(payment=PAYMENT)] == [{"run": 1}, {"run": 2}]


def test_the_local_cache_answers_without_the_database(ours: Subject) -> None:
    pay = ours.function(config=config(use_local_cache=True))
    first = pay(payment=PAYMENT)
    ours.sql("TRUNCATE {table}")
    assert pay(payment=PAYMENT) == first
    assert ours.function(config=config())(payment=PAYMENT) == {"run": 2}


def test_the_local_cache_keeps_what_another_process_has_completed(ours: Subject) -> None:
    ours.function()(payment=PAYMENT)
    pay = ours.function(layer=ours.another(), config=config(use_local_cache=True))
    assert pay(payment=PAYMENT) == {"run": 1}
    ours.sql("TRUNCATE {table}")
    assert pay(payment=PAYMENT) == {"run": 1}


def test_a_response_hook_changes_the_replay(ours: Subject) -> None:
    seen: list[DataRecord] = []

    def hook(response: Any, idempotent_data: DataRecord) -> Any:
        seen.append(idempotent_data)
        return {**response, "replayed": True}

    pay = ours.function(config=config(response_hook=hook))
    assert [pay(payment=PAYMENT), pay(payment=PAYMENT)] == [{"run": 1}, {"run": 1, "replayed": True}]
    assert [(seen[0].status, seen[0].response_data)] == [("COMPLETED", '{"run": 1}')]


class Receipt(BaseModel):
    id: str
    amount: int


@dataclass
class Note:
    text: str = ""


def test_models_replay_as_models(ours: Subject) -> None:
    made: list[Any] = []

    @idempotent_function(
        data_keyword_argument="order",
        persistence_store=ours.layer,
        config=config(),
        output_serializer=PydanticSerializer(Receipt),
    )
    def receipt(*, order: Receipt) -> Receipt:
        made.append(order)
        return order

    @idempotent_function(
        data_keyword_argument="order",
        persistence_store=ours.layer,
        config=config(),
        output_serializer=DataclassSerializer(Note),
    )
    def note(*, order: dict[str, str]) -> Note:
        made.append(order)
        return Note(order["text"])

    order = Receipt(id="1", amount=5)
    assert [receipt(order=order), receipt(order=order)] == [order, order]
    assert [note(order={"text": "x"}), note(order={"text": "x"})] == [Note("x"), Note("x")]
    assert len(made) == 2


def test_the_records_of_a_batch_are_executed_once(ours: Subject) -> None:
    processor = BatchProcessor(event_type=EventType.SQS)
    settings = config(event_key_jmespath="body")

    @idempotent_function(data_keyword_argument="record", persistence_store=ours.layer, config=settings)
    def record_handler(record: Any) -> Any:
        ours.runs.append(record["body"])
        if record["body"] == "bad":
            raise ValueError("no")
        return record["body"]

    def handler(event: Any, context: Any) -> Any:
        settings.register_lambda_context(context)
        return process_partial_response(
            event=event,
            record_handler=lambda record: record_handler(record=record),
            processor=processor,
            context=context,
        )

    messages = [
        {"messageId": str(number), "body": body, "receiptHandle": f"of delivery {number}"}
        for number, body in enumerate(["1", "2", "bad", "1"])
    ]
    first = handler({"Records": messages}, Context())
    again = handler({"Records": [{**message, "receiptHandle": "another"} for message in messages]}, Context())
    assert first == again == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert ours.runs == ["1", "2", "bad", "bad"]


def test_one_route_of_many_is_idempotent(ours: Subject) -> None:
    from aws_lambda_powertools.event_handler import APIGatewayRestResolver

    app = APIGatewayRestResolver()
    settings = config(event_key_jmespath="token")

    @idempotent_function(data_keyword_argument="body", persistence_store=ours.layer, config=settings)
    def create_case(*, body: dict[str, Any]) -> dict[str, Any]:
        ours.runs.append(body)
        return {"case": len(ours.runs)}

    @app.post("/cases")
    def cases() -> dict[str, Any]:
        return create_case(body=app.current_event.json_body)

    @app.post("/searches")
    def searches() -> dict[str, Any]:
        ours.runs.append("search")
        return {}

    def post(path: str) -> Any:
        event = {
            "path": path,
            "httpMethod": "POST",
            "body": '{"token": "t"}',
            "headers": {},
            "requestContext": {},
        }
        settings.register_lambda_context(Context())
        return app.resolve(event, Context())["body"]

    assert post("/cases") == post("/cases") == '{"case":1}'
    assert [post("/searches"), post("/searches")] == ["{}", "{}"]
    assert len(ours.runs) == 3


class TestHooks:
    """The four methods, called by keyword as the base class calls them, by somebody who has no handler."""

    def test_put_refuses_what_is_there_and_shows_it(self, ours: Subject) -> None:
        ours.layer._put_record(data_record=DataRecord("k", "INPROGRESS", payload_hash="h"))
        with pytest.raises(IdempotencyItemAlreadyExistsError) as raised:
            ours.another()._put_record(data_record=DataRecord("k", "INPROGRESS"))
        there = raised.value.old_data_record
        assert there is not None
        assert (there.idempotency_key, there.status, there.payload_hash) == ("k", "INPROGRESS", "h")
        assert there.in_progress_expiry_timestamp is None

    def test_get_says_when_there_is_none(self, ours: Subject) -> None:
        with pytest.raises(IdempotencyItemNotFoundError):
            ours.layer._get_record(idempotency_key="k")

    def test_times_are_seconds_and_milliseconds(self, ours: Subject) -> None:
        import time

        now = time.time()
        record = DataRecord("k", "INPROGRESS", int(now) + 90_000, int((now + 60) * 1000))
        ours.layer._put_record(data_record=record)
        there = ours.layer._get_record(idempotency_key="k")
        assert abs(there.expiry_timestamp - record.expiry_timestamp) <= 2
        assert abs(there.in_progress_expiry_timestamp - record.in_progress_expiry_timestamp) <= 2000

    def test_update_and_delete_belong_to_the_claim(self, ours: Subject) -> None:
        ours.layer._put_record(data_record=DataRecord("k", "INPROGRESS"))
        ours.layer._update_record(
            data_record=DataRecord("k", "COMPLETED", response_data='{"a": 1}', payload_hash="h")
        )
        there = ours.layer._get_record(idempotency_key="k")
        assert (there.status, there.response_json_as_dict(), there.payload_hash) == (
            "COMPLETED",
            {"a": 1},
            "h",
        )

    def test_expired_is_computed(self, ours: Subject) -> None:
        ours.layer._put_record(data_record=DataRecord("k", "INPROGRESS"))
        ours.expire()
        assert ours.layer._get_record(idempotency_key="k").status == "EXPIRED"
        assert ours.statuses == ["INPROGRESS"]


@pytest.mark.parametrize("name", ["self", "function", "data", "handler", "store"])
def test_a_function_names_its_parameters_as_it_likes(ours: Subject, name: str) -> None:
    marked = idempotent_function(data_keyword_argument=name, persistence_store=ours.layer, config=config())
    pay: Any = marked(lambda **given: given)
    assert pay(**{name: 5, "more": 1}) == pay(**{name: 5}) == {name: 5, "more": 1}
