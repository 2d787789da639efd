from decimal import Decimal

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import Session

import ledger
from database import get_session
from models import Account, AuditRecord, PaymentMethod, Quote

app = FastAPI()


class Movement(BaseModel):
    account_id: int
    amount: Decimal


# moves: likely  kind: direct  chain: deposit -> post_entry
@app.post("/deposits")
def deposit(body: Movement, session: Session = Depends(get_session)) -> int:
    entry = ledger.post_entry(session, body.account_id, body.amount)
    session.commit()
    return entry.id


# moves: likely  kind: direct  chain: withdraw -> move_balance
@app.post("/withdrawals")
def withdraw(body: Movement, session: Session = Depends(get_session)) -> None:
    account = session.get_one(Account, body.account_id)
    ledger.move_balance(account, body.amount)
    session.commit()


# moves: likely  kind: direct  chain: import_statement -> book_many
@app.post("/statements/import")
def import_statement(rows: list[Movement], session: Session = Depends(get_session)) -> None:
    ledger.book_many(session, [row.model_dump() for row in rows])
    session.commit()


# moves: likely  kind: direct  chain: correct -> set_balance
@app.post("/admin/corrections")
def correct(body: Movement, session: Session = Depends(get_session)) -> None:
    ledger.set_balance(session, body.account_id, body.amount)
    session.commit()


# moves: likely  kind: instruction  chain: request_payout -> queue_payout
@app.post("/payouts")
def request_payout(body: Movement, session: Session = Depends(get_session)) -> None:
    ledger.queue_payout(session, body.account_id, body.amount)
    session.commit()


# moves: no  why: a new account has no money
@app.post("/accounts")
def open_account(owner: str, session: Session = Depends(get_session)) -> None:
    session.add(Account(owner=owner))
    session.commit()


# moves: likely  kind: direct  chain: open_account_with_money  why: an opening balance is money from the request
@app.post("/accounts/with-opening-balance")
def open_account_with_money(body: Movement, owner: str, session: Session = Depends(get_session)) -> None:
    session.add(Account(owner=owner, balance=body.amount))  # writes: direct
    session.commit()


# moves: no  why: the column that is written holds no money
@app.post("/accounts/{account_id}/nickname")
def rename_account(account_id: int, nickname: str, session: Session = Depends(get_session)) -> None:
    ledger.rename(session, account_id, nickname)
    session.commit()


# moves: no  why: a limit is configuration
@app.post("/accounts/{account_id}/limit")
def set_limit(account_id: int, limit: Decimal, session: Session = Depends(get_session)) -> None:
    account = session.get_one(Account, account_id)
    account.daily_limit = limit
    session.commit()


# moves: no  why: a quote promises a price
@app.post("/transfers/quote")
def quote(body: Movement, session: Session = Depends(get_session)) -> None:
    session.add(Quote(account_id=body.account_id, amount=body.amount))
    session.commit()


# moves: no  why: a card on file is configuration
@app.post("/payment-methods")
def add_payment_method(account_id: int, token: str, session: Session = Depends(get_session)) -> None:
    session.add(PaymentMethod(account_id=account_id, token=token))
    session.commit()


# moves: no  why: an audit log copies what happened elsewhere
@app.post("/payments/{account_id}/audit")
def record_audit(account_id: int, amount: Decimal, session: Session = Depends(get_session)) -> None:
    session.add(AuditRecord(account_id=account_id, amount=amount, message="checked"))
    session.commit()


# moves: no  why: it reads
@app.post("/balances/query")
def query_balances(account_ids: list[int], session: Session = Depends(get_session)) -> list[Decimal]:
    return [ledger.balance_of(session, account_id) for account_id in account_ids]


# moves: no  why: everything that is written is undone
@app.post("/transfers/simulate")
def simulate(body: Movement, session: Session = Depends(get_session)) -> Decimal:
    account = session.get_one(Account, body.account_id)
    after = account.balance - body.amount
    session.rollback()
    return after
