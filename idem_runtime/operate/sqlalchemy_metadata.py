"""The tables of ``sql/schema.sql`` as SQLAlchemy describes tables, for Alembic's ``--autogenerate`` and ``check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idem_runtime import settings
from idem_runtime.errors import ConfigurationError
from idem_runtime.sql import SCHEMA_VERSION

if TYPE_CHECKING:
    from sqlalchemy import MetaData

COMMENT = f"idem-runtime schema {SCHEMA_VERSION}"
"""Of the table of records; tells it from another of the same name."""


def sqlalchemy_metadata(*, schema: str | None = None, table: str | None = None) -> MetaData:
    """The tables of the records and of the operators' decisions, exactly as ``idem-runtime migrate`` makes them.

    A ``MetaData`` of its own, so that no naming convention of the application's reaches it and the application's
    ``create_all`` and ``drop_all`` leave it alone. In Alembic's ``env.py``::

        target_metadata = [Base.metadata, idem_runtime.sqlalchemy_metadata()]

    ``schema``, ``table``: default ``IDEM_SCHEMA_NAME`` and ``IDEM_TABLE``, as for the runtime. A schema off the search
    path needs ``include_schemas=True`` in ``context.configure``. Alembic knows the search path's first schema by no name:
    so ``IDEM_SCHEMA_NAME=public`` counts as none; an argument is taken as it is.

    :raises ConfigurationError: a name that is not possible, or SQLAlchemy is not installed.
    """
    try:
        from sqlalchemy import MetaData
    except ImportError:
        raise ConfigurationError(
            "sqlalchemy_metadata() is for SQLAlchemy, which is not installed: pip install 'idem-guard[sqlalchemy]'"
        ) from None
    names = settings.load(schema_name=schema, table=table)
    where = None if schema is None and names.schema_name == "public" else names.schema_name
    metadata = MetaData()
    _records(metadata, names.table, where)
    _decisions(metadata, f"{names.table}_decisions", where)
    return metadata


def _records(metadata: MetaData, name: str, schema: str | None) -> None:
    from sqlalchemy import TIMESTAMP, Column, Index, LargeBinary, PrimaryKeyConstraint, Table, Text, text
    from sqlalchemy.dialects.postgresql import JSONB, UUID

    moment = TIMESTAMP(timezone=True)
    Table(
        name,
        metadata,
        Column("scope", Text, nullable=False),
        Column("idempotency_key", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("payload_hash", Text),
        Column("response_data", JSONB),
        Column("response_body", LargeBinary),
        Column("expiry_time", moment, nullable=False),
        Column("in_progress_expiry", moment),
        Column("attempt", UUID),
        Column("created_at", moment, nullable=False),
        Column("completed_at", moment),
        PrimaryKeyConstraint("scope", "idempotency_key", name=f"{name}_pkey"),
        Index(f"{name}_expiry_time", "expiry_time"),
        Index(f"{name}_in_progress", "created_at", postgresql_where=text("status = 'INPROGRESS'")),
        schema=schema,
        comment=COMMENT,
    )


def _decisions(metadata: MetaData, name: str, schema: str | None) -> None:
    from sqlalchemy import TIMESTAMP, Column, Table, Text, text
    from sqlalchemy.dialects.postgresql import UUID

    Table(
        name,
        metadata,
        Column("scope", Text, nullable=False),
        Column("idempotency_key", Text, nullable=False),
        Column("attempt", UUID),
        Column("verdict", Text, nullable=False),
        Column("decided_by", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column(
            "decided_at", TIMESTAMP(timezone=True), nullable=False, server_default=text("clock_timestamp()")
        ),
        schema=schema,
    )
