import os
from decimal import Decimal

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from google.cloud import firestore

app = APIGatewayRestResolver()
dynamo = boto3.resource("dynamodb")
ACCOUNTS = os.environ.get("ACCOUNTS_TABLE", "accounts")
accounts = dynamo.Table(ACCOUNTS)
sessions = dynamo.Table("user-sessions")
store = firestore.Client()


# moves: likely  kind: direct  chain: credit
@app.post("/accounts/<key>/credit")
def credit(key: str) -> dict:
    accounts.update_item(  # writes: direct
        Key={"id": key},
        UpdateExpression="ADD balance :amount",
        ExpressionAttributeValues={":amount": Decimal(app.current_event.json_body["amount"])},
    )
    return {}


# moves: likely  kind: direct  chain: pay
@app.post("/payments")
def pay() -> dict:
    body = app.current_event.json_body
    table = dynamo.Table("payments")
    table.put_item(Item={"id": body["id"], "account": body["account"], "amount": body["amount"]})  # writes: direct
    return {}


# moves: likely  kind: direct  chain: top_up
@app.post("/wallets/<key>/top-up")
def top_up(key: str) -> dict:
    wallet = store.collection("wallets").document(key)
    wallet.update({"balance": firestore.Increment(app.current_event.json_body["amount"])})  # writes: direct
    return {}


# moves: no  why: the address of an account
@app.post("/accounts/<key>/address")
def address(key: str) -> dict:
    accounts.update_item(
        Key={"id": key},
        UpdateExpression="SET street = :street",
        ExpressionAttributeValues={":street": app.current_event.json_body["street"]},
    )
    return {}


# moves: no  why: a session
@app.post("/sessions")
def sign_in() -> dict:
    sessions.put_item(Item={"id": app.current_event.json_body["id"]})
    return {}
