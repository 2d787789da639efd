import sqlite3
from decimal import Decimal

from flask import Flask, jsonify, request
from sqlalchemy import select

from tables import Account, BalanceSnapshot, session
from venues import Tokens, chain, exchange, next_balance, pick_balance, store

app = Flask(__name__)
tokens = Tokens()


def database() -> sqlite3.Connection:
    return sqlite3.connect("bank.db")


# moves: no  why: what the exchange says is kept as it came
@app.post("/sync/asset")
def mirrored_in_sql():
    held = exchange.fetch_balance(request.json["asset"])
    with database() as db:
        db.execute(
            "INSERT INTO asset_balances (asset, balance) VALUES (?, ?)"
            " ON CONFLICT (asset) DO UPDATE SET balance = excluded.balance",
            (request.json["asset"], held["total"]),
        )
    return "", 204


# moves: no  why: in another unit
@app.post("/sync/wallet")
def mirrored_in_another_unit():
    with database() as db:
        db.execute(
            "UPDATE wallets SET balance = ? WHERE id = ?",
            [chain.eth.get_balance(request.json["address"]) / 10**18, request.json["id"]],
        )
    return "", 204


# moves: likely  kind: direct  chain: added_in_sql  why: what was read is added
@app.post("/sync/added")
def added_in_sql():
    gained = exchange.fetch_balance("EUR")
    with database() as db:
        db.execute("UPDATE wallets SET balance = balance + ? WHERE id = 1", (gained,))  # writes: direct
    return "", 204


# moves: no  why: without a tuple around it, and where nothing is said, what was known
@app.post("/sync/awaited")
async def mirrored_and_awaited():
    held = (await exchange.fetch_balance("EUR")) or request.json["known"]
    with database() as db:
        db.execute("UPDATE wallets SET balance = ?", held)
    return "", 204


# moves: no  why: the one of several balances that counts
@app.post("/sync/chosen")
def mirrored_and_chosen():
    chosen = pick_balance(exchange.balances(request.json["account"]))
    with database() as db:
        db.execute("UPDATE wallets SET balance = :b WHERE id = 1", {"b": chosen["amount"]})
    return "", 204


# moves: likely  kind: direct  chain: computed  why: of what is read and something else
@app.post("/sync/computed")
def computed():
    chosen = next_balance(exchange.balances(request.json["account"]), request.json["amount"])
    with database() as db:
        db.execute("UPDATE wallets SET balance = ? WHERE id = 1", (chosen,))  # writes: direct
    return "", 204


# moves: no  why: a row that is kept in step with the node
@app.post("/sync/account")
def mirrored_in_a_row():
    account = session.get(Account, request.json["id"])
    reading = exchange.get_balance(account.number).json()
    account.balance = Decimal(reading["available"]) or None
    session.commit()
    return "", 204


# moves: likely  kind: direct  chain: changed_after_it_was_read
@app.post("/withdrawals")
def changed_after_it_was_read():
    account = session.get(Account, request.json["id"])
    held = exchange.get_balance(account.number)
    held -= request.json["amount"]
    account.balance = held  # writes: direct
    session.commit()
    return "", 204


# moves: likely  kind: direct  chain: from_the_request
@app.post("/corrections")
def from_the_request():
    account = session.get(Account, request.json["id"])
    account.balance = request.json["balance"]  # writes: direct
    session.commit()
    return "", 204


# moves: no  why: a reading with its day
@app.post("/readings")
def reading_in_sql():
    with database() as db:
        db.execute(
            "INSERT INTO balances (account_id, amount, as_of) VALUES (?, ?, ?)",
            (1, request.json["amount"], request.json["day"]),
        )
    return "", 204


# moves: likely  kind: direct  chain: first_balance
@app.post("/accounts")
def first_balance():
    with database() as db:
        db.execute(
            "INSERT INTO balances (account_id, amount) VALUES (1, ?)", (request.json["amount"],)
        )  # writes: direct
    return "", 204


# moves: no  why: a snapshot
@app.post("/snapshots")
def snapshot():
    for account in session.scalars(select(Account)):
        session.add(BalanceSnapshot(account=account.id, balance=account.balance))
    session.commit()
    return "", 204


# moves: no  why: rows of a report, in memory
@app.post("/report")
def report():
    accounts = [dict(row) for row in database().execute("SELECT * FROM accounts")]
    for account in accounts:
        account["balance"] = account["balance"] / 100
    total = {"accounts": accounts}
    total["balance"] = sum(account["balance"] for account in accounts)
    return jsonify(total)


# moves: no  why: what a template is given
@app.post("/page")
def page():
    context = exchange.page()
    context.update({"balance": 0})
    return context


# moves: likely  kind: direct  chain: kept_afterwards  why: the copy goes back to where it came from
@app.post("/store")
def kept_afterwards():
    account = dict(store.get(request.json["id"]))
    account["balance"] = account["balance"] - request.json["amount"]  # writes: direct
    store.put(account)
    return "", 204


# moves: likely  kind: direct  chain: kept_under_a_key  why: as above
@app.post("/store/key")
def kept_under_a_key():
    account = dict(store.rows[request.json["id"]])
    account["balance"] = account["balance"] - request.json["amount"]  # writes: direct
    store.rows[request.json["id"]] = account
    return "", 204


# moves: no  why: a token that lets somebody in
@app.post("/login")
def log_in():
    return tokens.mint_session_token(request.json["name"])
