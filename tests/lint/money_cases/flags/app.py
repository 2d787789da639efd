from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from transfers import book, by_mode, checked, either

app = FastAPI()
ALLOW_WRITES = False


def session():
    with Session(create_engine("postgresql+psycopg://localhost/bank")) as opened:
        yield opened


# moves: likely  kind: direct  chain: pay -> book
@app.post("/payments")
def pay(account: int, cents: int, session: Session = Depends(session)) -> int:
    return book(session, account, cents, execute=True)


# moves: no  why: the default of the flag is off
@app.post("/payments/fee")
def fee(account: int, cents: int, session: Session = Depends(session)) -> int:
    return book(session, account, cents)


# moves: no  why: the flag is off
@app.post("/payments/preview")
def preview(account: int, cents: int, session: Session = Depends(session)) -> list[int]:
    return checked(session, account, cents, dry_run=True)


# moves: likely  kind: direct  chain: split -> checked
@app.post("/payments/split")
def split(account: int, cents: int, dry_run: bool, session: Session = Depends(session)) -> list[int]:
    return checked(session, account, cents, dry_run)


# moves: no  why: the tuple that comes back says no
@app.post("/payments/preview-by-mode")
def preview_by_mode(account: int, cents: int, session: Session = Depends(session)) -> str:
    return by_mode(session, account, cents, "preview")


# moves: likely  kind: direct  chain: pay_by_mode -> by_mode
@app.post("/payments/by-mode")
def pay_by_mode(account: int, cents: int, session: Session = Depends(session)) -> str:
    return by_mode(session, account, cents, "live")


# moves: no  why: bool(None) is off
@app.post("/payments/keyless")
def keyless(account: int, cents: int, session: Session = Depends(session)) -> int:
    return either(session, account, cents, None)


# moves: likely  kind: direct  chain: keyed -> either -> book
@app.post("/payments/keyed")
def keyed(account: int, cents: int, key: str, session: Session = Depends(session)) -> int:
    return either(session, account, cents, key)


# moves: no  why: a constant of the module is off
@app.post("/payments/disabled")
def disabled(account: int, cents: int, session: Session = Depends(session)) -> int:
    if ALLOW_WRITES:
        return book(session, account, cents, execute=True)
    return 0
