import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from sqlmodel import Session, create_engine

from idem_runtime import Idempotency

engine = create_engine(os.environ["DATABASE_URL"], pool_size=5)

idem = Idempotency(principal=lambda request: request.state.user)
idem.join(engine)


def get_db() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_db)]
