from sqlalchemy.orm import Session

from models import Posting


def book(session: Session, account: int, cents: int, *, execute: bool = False) -> int:
    fee = cents // 100
    if execute:
        session.add(Posting(account_id=account, amount=cents - fee))  # writes: direct
    return fee


def checked(session: Session, account: int, cents: int, dry_run: bool) -> list[int]:
    plan = [cents // 2, cents - cents // 2]
    if dry_run:
        return plan
    for part in plan:
        session.add(Posting(account_id=account, amount=part))  # writes: direct
    return plan


def mode(name: str) -> tuple[bool, str]:
    if name == "preview":
        return False, "nothing is written"
    return True, "written"


def by_mode(session: Session, account: int, cents: int, name: str) -> str:
    write, words = mode(name)
    if write:
        session.add(Posting(account_id=account, amount=cents))  # writes: direct
    return words


def either(session: Session, account: int, cents: int, key: str | None) -> int:
    return book(session, account, cents, execute=bool(key))
