from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy import text

engine = create_async_engine("postgresql+psycopg://localhost/shop")


async def on_paid(item) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO payments (reference, amount) VALUES (:id, :amount)"), item)  # writes: direct


async def on_customer(item) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO customers (reference) VALUES (:id)"), item)


async def keep(item) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO webhook_events (body) VALUES (:body)"), {"body": str(item)})


HANDLERS = {"payment_intent.succeeded": on_paid, "customer.created": on_customer}
