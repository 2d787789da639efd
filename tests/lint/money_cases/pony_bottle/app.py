from decimal import Decimal

from bottle import Bottle, request
from pony.orm import Database, Required, Set, db_session

db = Database()
app = Bottle()


class Purse(db.Entity):
    owner = Required(str)
    balance = Required(Decimal, default=0)
    payments = Set("Payment")


class Payment(db.Entity):
    purse = Required(Purse)
    amount = Required(Decimal)


# moves: likely  kind: direct  chain: pay  why: in Pony a constructor inserts
@app.post("/payments")
@db_session
def pay():
    Payment(purse=Purse[request.json["purse"]], amount=request.json["amount"])  # writes: direct


# moves: likely  kind: direct  chain: fill
@app.post("/purses/fill")
def fill():
    with db_session:
        purse = Purse.get(owner=request.json["owner"])
        purse.balance += request.json["amount"]  # writes: direct


# moves: no  why: a new purse is empty
@app.post("/purses")
@db_session
def open_purse():
    Purse(owner=request.json["owner"])
