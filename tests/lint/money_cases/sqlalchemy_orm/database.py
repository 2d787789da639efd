from collections.abc import Iterator

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/bank")
Sessions = sessionmaker(engine)


def get_session() -> Iterator[Session]:
    with Sessions() as session:
        yield session
