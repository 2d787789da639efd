"""Powertools' ``idempotent_function`` with its DynamoDB layer, as its page says.

https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/: the key is a JMESPath expression that has the user in it, the
payload is validated, and a Lambda context says how long the invocation may take (``BANK_LEASE`` here). DynamoDB is moto's, which
answers one request at a time; the layer's own code and its conditional writes are what is measured. (Its Redis layer
loses the payload's hash when a record completes, so that with validation every replay is refused: not used here.)
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse
from psycopg_pool import ConnectionPool

from benchmarks.compare.peers import bank

Tenant = Annotated[str, Header(alias="authorization")]
Key = Annotated[str, Header(alias="idempotency-key")]
Body = dict[str, Any]


class Invocation(LambdaContext):
    """As much of a Lambda's context as the in-progress expiry asks for."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return bank.LEASE * 1000


def config() -> IdempotencyConfig:
    return IdempotencyConfig(
        event_key_jmespath="[tenant, key]",
        payload_validation_jmespath="body",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=86_400,
        lambda_context=Invocation(),
    )


def layer() -> DynamoDBPersistenceLayer:
    client = boto3.client(
        "dynamodb",
        endpoint_url=bank.DYNAMODB,
        region_name="eu-central-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )
    with suppress(client.exceptions.ResourceInUseException):  # it is there
        client.create_table(
            TableName="idempotency",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    return DynamoDBPersistenceLayer(table_name="idempotency", boto3_client=client)


pool = ConnectionPool(bank.DSN, min_size=1, max_size=60, open=True)
app = FastAPI()


@idempotent_function(data_keyword_argument="request", config=config(), persistence_store=layer())
@bank.deployed
def transfer(request: dict[str, Any]) -> dict[str, Any]:
    with pool.connection() as db:
        return bank.transfer(db, request["tenant"], request["body"])


@idempotent_function(data_keyword_argument="request", config=config(), persistence_store=layer())
@bank.deployed
def payout(request: dict[str, Any]) -> dict[str, Any]:
    return bank.payout(request["body"])


@app.post("/transfers")
def transfers(body: Body, tenant: Tenant, key: Key) -> Any:
    return transfer(request={"tenant": tenant, "key": key, "body": body})


@app.post("/payouts")
def payouts(body: Body, tenant: Tenant, key: Key) -> Any:
    return payout(request={"tenant": tenant, "key": key, "body": body})


@app.exception_handler(IdempotencyAlreadyInProgressError)
def in_progress(_: Request, error: IdempotencyAlreadyInProgressError) -> JSONResponse:
    return JSONResponse({"code": type(error).__name__}, 409)


@app.exception_handler(IdempotencyValidationError)
def reused(_: Request, error: IdempotencyValidationError) -> JSONResponse:
    return JSONResponse({"code": type(error).__name__}, 422)
