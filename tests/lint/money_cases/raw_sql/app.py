import psycopg
from flask import Flask, request
from sqlalchemy import create_engine, text

from sql import CREDIT, FIND, INSERT_ENTRY, TABLE

app = Flask(__name__)
engine = create_engine("postgresql+psycopg://localhost/bank")


def run(statement: str, *parameters: object) -> None:
    with psycopg.connect("dbname=bank") as connection:
        connection.execute(statement, parameters)


# moves: likely  kind: direct  chain: entry
@app.post("/entries")
def entry():
    with psycopg.connect("dbname=bank") as connection, connection.cursor() as cursor:
        cursor.execute(INSERT_ENTRY, (request.json["account"], request.json["amount"]))  # writes: direct
    return "", 204


# moves: likely  kind: direct  chain: through_a_helper  writes: direct  why: the text is an argument of the helper
@app.post("/entries/helper")
def through_a_helper():
    run(INSERT_ENTRY, request.json["account"], request.json["amount"])
    return "", 204


# moves: likely  kind: direct  chain: from_a_file
@app.post("/credit")
def from_a_file():
    with psycopg.connect("dbname=bank") as connection:
        connection.execute(CREDIT, request.json)  # writes: direct
    return "", 204


# moves: likely  kind: direct  chain: composed
@app.post("/transfers")
def composed():
    with engine.begin() as connection:
        connection.execute(  # writes: direct
            text(f"INSERT INTO {TABLE} (source, target, amount) VALUES (:source, :target, :amount)"), request.json
        )
    return "", 204


# moves: likely  kind: direct  chain: upsert
@app.post("/balances")
def upsert():
    run(  # writes: direct
        """
        INSERT INTO balances (account_id, amount) VALUES (%s, %s)
        ON CONFLICT (account_id) DO UPDATE SET amount = balances.amount + excluded.amount
        """,
        request.json["account"],
        request.json["amount"],
    )
    return "", 204


# moves: likely  kind: direct  chain: call_procedure  why: the procedure's name says money; what it does stands in the database
@app.post("/procedures/transfer")
def call_procedure():
    run("CALL transfer_funds(%s, %s, %s)", *request.json["arguments"])  # writes: direct
    return "", 204


# moves: no  why: a SELECT that locks
@app.post("/accounts/lock")
def lock():
    run("SELECT balance FROM accounts WHERE id = %s FOR UPDATE", request.json["account"])
    return "", 204


# moves: no  why: a SELECT from a file
@app.post("/accounts/find")
def find():
    with psycopg.connect("dbname=bank") as connection:
        return {"rows": connection.execute(FIND, request.json).fetchall()}


# moves: no  why: a column that holds no money
@app.post("/accounts/seen")
def seen():
    run("UPDATE accounts SET last_login = now() WHERE id = %s", request.json["account"])
    return "", 204


# moves: no  why: a table of configuration
@app.post("/payment-methods")
def add_method():
    run("INSERT INTO payment_methods (account_id, token) VALUES (%s, %s)", *request.json["method"])
    return "", 204
