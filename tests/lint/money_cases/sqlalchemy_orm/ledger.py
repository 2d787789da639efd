from decimal import Decimal

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from models import Account, LedgerEntry, Payout


def post_entry(session: Session, account_id: int, amount: Decimal) -> LedgerEntry:
    entry = LedgerEntry(account_id=account_id, amount=amount)
    session.add(entry)  # writes: direct
    session.flush()
    return entry


def move_balance(account: Account, amount: Decimal) -> None:
    account.balance -= amount  # writes: direct


def book_many(session: Session, rows: list[dict]) -> None:
    session.execute(insert(LedgerEntry), rows)  # writes: direct


def set_balance(session: Session, account_id: int, balance: Decimal) -> None:
    statement = update(Account).where(Account.id == account_id).values(balance=balance)  # writes: direct
    session.execute(statement)


def rename(session: Session, account_id: int, nickname: str) -> None:
    session.execute(update(Account).where(Account.id == account_id).values(nickname=nickname))


def queue_payout(session: Session, account_id: int, amount: Decimal) -> Payout:
    payout = Payout(account_id=account_id, amount=amount)
    session.add_all([payout])  # writes: instruction
    return payout


def balance_of(session: Session, account_id: int) -> Decimal:
    return session.get_one(Account, account_id).balance
