from celery import Celery
from sqlalchemy import create_engine, text

celery = Celery("bank")
engine = create_engine("postgresql+psycopg://localhost/bank")


@celery.task
def settle_batch(batch: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE payments SET status = 'settled' WHERE batch = :batch"), {"batch": batch})  # writes: direct


@celery.task
def send_receipt(payment: int) -> None:
    print(payment)


@celery.task
def first(batch: int) -> int:
    return batch
