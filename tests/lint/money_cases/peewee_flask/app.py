from flask import Blueprint, Flask, request

from models import Account, AuthToken, Entry, database

bank = Blueprint("bank", __name__, url_prefix="/bank")


# moves: likely  kind: direct  chain: deposit
@bank.post("/<int:pk>/deposit")
def deposit(pk: int):
    with database.atomic():
        Entry.create(account=pk, amount=request.json["amount"])  # writes: direct
    return "", 204


# moves: likely  kind: direct  chain: withdraw
@bank.post("/<int:pk>/withdraw")
def withdraw(pk: int):
    amount = request.json["amount"]
    Account.update(balance=Account.balance - amount).where(Account.id == pk).execute()  # writes: direct
    return "", 204


# moves: likely  kind: direct  chain: pay_everyone
@bank.post("/payroll")
def pay_everyone():
    rows = [{"account": account, "amount": 100} for account in Account.select()]
    Entry.insert_many(rows).execute()  # writes: direct
    return "", 204


# moves: likely  kind: direct  chain: save_entry
@bank.post("/<int:pk>/entries")
def save_entry(pk: int):
    entry = Entry(account=pk, amount=request.json["amount"])
    entry.save(force_insert=True)  # writes: direct
    return "", 204


# moves: no  why: the memo of an entry
@bank.post("/entries/<int:pk>/memo")
def memo(pk: int):
    Entry.update(memo=request.json["memo"]).where(Entry.id == pk).execute()
    return "", 204


# moves: no  why: the query is built and not executed
@bank.post("/<int:pk>/withdraw/explain")
def explain(pk: int):
    query = Account.update(balance=Account.balance - 1).where(Account.id == pk)
    return str(query.sql())


# moves: no  why: a sign-in
@bank.post("/<int:pk>/tokens")
def token(pk: int):
    AuthToken.create(account=pk, token=request.json["token"])
    return "", 204


app = Flask(__name__)
app.register_blueprint(bank)
