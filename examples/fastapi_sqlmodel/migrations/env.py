from alembic import context
from fastapi_sqlmodel import models  # noqa: F401 - its tables are in SQLModel.metadata then
from fastapi_sqlmodel.db import engine
from sqlmodel import SQLModel

import idem_runtime

target_metadata = [SQLModel.metadata, idem_runtime.sqlalchemy_metadata()]

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=target_metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
