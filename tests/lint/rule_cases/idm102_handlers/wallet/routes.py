"""In a money domain: what POST does without a mark is IDM001's."""

from fastapi import APIRouter
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

router = APIRouter()


class Base(DeclarativeBase): ...


class Payment(Base):
    __tablename__ = "payments"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]


def pay(session):
    session.add(Payment(amount=1))


@router.post("/pay")
def post(session):  # want IDM001
    pay(session)


@router.get("/pay")
def by_link(session):  # want IDM102
    pay(session)
