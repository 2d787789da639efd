from decimal import Decimal

from quart import Quart, request
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

from models import Account, Payment, Status, Tag

app = Quart(__name__)
engine = create_engine("postgresql+psycopg://localhost/bank")
sessions = async_sessionmaker(create_async_engine("postgresql+psycopg://localhost/bank"))


# moves: likely  kind: direct  chain: by_query
@app.post("/by-query")
def by_query():
    with Session(engine) as session:
        session.query(Account).filter_by(id=1).update({"balance_cents": Account.balance_cents - 5})  # writes: direct
        session.commit()
    return "", 204


# moves: likely  kind: direct  chain: by_column_key
@app.post("/by-column-key")
def by_column_key():
    with Session(engine) as session:
        session.query(Account).update({Account.balance_cents: 0})  # writes: direct
        session.commit()
    return "", 204


# moves: likely  kind: direct  chain: merged
@app.post("/merged")
def merged():
    with Session(engine) as session:
        session.merge(Payment(id=1, account_id=1, amount=Decimal(1)))  # writes: direct
        session.commit()
    return "", 204


# moves: likely  kind: direct  chain: through_relationship
@app.post("/through-relationship")
def through_relationship():
    with Session(engine) as session:
        account = session.get_one(Account, 1)
        account.payments.append(Payment(amount=Decimal(1)))  # writes: direct
        session.commit()
    return "", 204


# moves: likely  kind: direct  chain: by_class_method
@app.post("/by-class-method")
async def by_class_method():
    async with sessions() as session, session.begin():
        session.add(Payment.of(await session.get_one(Account, 1), Decimal(1)))  # writes: direct
    return "", 204


# moves: likely  kind: direct  chain: upsert
@app.post("/upsert")
async def upsert():
    statement = insert(Payment).values(await request.json)
    async with sessions() as session, session.begin():
        await session.execute(statement.on_conflict_do_nothing())  # writes: direct
    return "", 204


# moves: likely  kind: direct  chain: bulk
@app.post("/bulk")
def bulk():
    with Session(engine) as session:
        session.bulk_save_objects([Payment(account_id=number, amount=1) for number in range(3)])  # writes: direct
        session.commit()
    return "", 204


# moves: likely  kind: direct  chain: refund
@app.post("/refund")
def refund():
    with Session(engine) as session:
        session.get_one(Payment, 1).status = Status.REFUNDED  # writes: direct
        session.commit()
    return "", 204


# moves: likely  kind: direct  chain: by_name
@app.post("/by-name")
def by_name():
    with Session(engine) as session:
        setattr(session.get_one(Account, 1), "balance_cents", 7)  # writes: direct
        session.commit()
    return "", 204


# moves: no  why: a status that says nothing of money
@app.post("/archive")
def archive():
    with Session(engine) as session:
        session.get_one(Payment, 1).status = Status.ARCHIVED
        session.commit()
    return "", 204


# moves: no  why: a column that holds no money, by name
@app.post("/color")
def color():
    with Session(engine) as session:
        setattr(session.get_one(Account, 1), "color", "red")
        session.query(Account).update({"color": "blue"})
        session.commit()
    return "", 204


# moves: no  why: a row of money that is made and never added
@app.post("/check")
def check():
    payment = Payment(account_id=1, amount=Decimal(1))
    return {"amount": str(payment.amount)}


# moves: no  why: another model in a list
@app.post("/tags")
async def tags():
    async def keep(session: AsyncSession, word: str) -> None:
        session.add_all([Tag(word=word)])

    async with sessions() as session, session.begin():
        await keep(session, "new")
    return "", 204
