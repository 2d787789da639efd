"""The migration as a revision for Alembic: the text of the file."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import indent

from idem_runtime.drivers.table import Table
from idem_runtime.operate.migration import LONGEST_REVISION, revision_name, upgrade_statements
from idem_runtime.sql import SCHEMA_VERSION

OURS = "idem-runtime schema _%"
"""The comments of our tables, of whatever schema."""


def script(
    table: Table,
    down_revision: str | None,
    *,
    partitions: int | None = None,
    from_version: int | None = None,
) -> str:
    """The revision as Python, a statement to each ``op.execute``, because some drivers take one at a time.

    ``from_version``: an upgrade from that schema, which has no way back: every version of the library writes every schema.

    :raises ConfigurationError: there is no such earlier schema.
    """
    if from_version is not None:
        statements = _execute_lines(upgrade_statements(table, from_version))
        return UPGRADE.format(
            revision=revision_name(table)[: LONGEST_REVISION - 3] + f"_v{SCHEMA_VERSION}",
            down_revision=repr(down_revision),
            upgrade=indent(statements, "    "),
        )
    return ALEMBIC.format(
        environment=_environment_lines(table),
        revision=revision_name(table),
        down_revision=repr(down_revision),
        upgrade=_execute_lines(
            [_refuse_another_table(table), *table.creation(partitions=partitions).split(";\n")]
        ),
        downgrade=_execute_lines([_drop_if_empty(table)]),
    )


def _environment_lines(table: Table) -> str:
    """The lines for the application's ``env.py``; without ``public``, which Alembic reports without a name."""
    schema = None if table.schema == "public" else table.schema
    name = None if table.name == Table().name else table.name
    arguments = ", ".join(
        f"{option}={value!r}" for option, value in (("schema", schema), ("table", name)) if value is not None
    )
    lines = [f"target_metadata = [target_metadata, idem_runtime.sqlalchemy_metadata({arguments})]"]
    if schema is not None:
        lines.append("context.configure(..., include_schemas=True)")
    return "\n".join(f"#     {line}" for line in lines)


def _execute_lines(statements: Iterable[str]) -> str:
    return "\n".join(
        f'    op.execute(\n        """\n{_python_literal(text)}\n"""\n    )' for text in statements
    )


def _python_literal(text: str) -> str:
    # a text for SQLAlchemy, where a colon begins a parameter, inside a literal of Python
    return text.replace(":", r"\:").replace("\\", r"\\").replace('"""', r"\"\"\"")


def _refuse_another_table(table: Table) -> str:
    return _do_block(
        table,
        f"""\
    IF to_regclass({_quoted(table.quoted)}) IS NOT NULL AND {_is_not_ours(table)} THEN
        RAISE EXCEPTION USING MESSAGE = {_quoted(f"{table.quoted} is there already, and another program made it")},
            HINT = 'choose another name: idem-runtime migrate --format alembic --table NAME';
    END IF;""",
    )


def _drop_if_empty(table: Table) -> str:
    both = f"{table.quoted}, {table.audit}"
    contents = "what is in them says which money has moved, and without it a retry moves it again"
    body = f"""\
    IF {_is_not_ours(table)} THEN
        RAISE EXCEPTION USING MESSAGE = {_quoted(f"{table.quoted} is not the table that this revision makes: it stays")};
    END IF;
    LOCK TABLE {both} IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM {table.quoted}) OR EXISTS (SELECT FROM {table.audit}) THEN
        RAISE EXCEPTION USING
            MESSAGE = {_quoted(f"{both}: {contents}")},
            HINT = {_quoted(f"look with idem-runtime list and stats; if you are sure, DROP TABLE {both} by hand")};
    END IF;
    DROP TABLE {both};"""  # noqa: S608 - names are quoted
    return _do_block(table, body)


def _is_not_ours(table: Table) -> str:
    return (
        f"coalesce(obj_description(to_regclass({_quoted(table.quoted)}), 'pg_class'), '') NOT LIKE '{OURS}'"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _do_block(table: Table, body: str) -> str:
    tag = "$idem$"
    while tag in table.quoted:
        tag = f"{tag[:-1]}_$"
    return f"DO {tag}\nBEGIN\n{body}\nEND {tag}"


ALEMBIC = '''"""The idempotency records of idem-runtime."""

# `alembic revision --autogenerate` drops what it does not know. In env.py:
{environment}

from alembic import op

revision = "{revision}"
down_revision = {down_revision}
branch_labels = None
depends_on = None


def upgrade() -> None:
{upgrade}


def downgrade() -> None:
    # refuses while there are records or decisions
{downgrade}
'''

UPGRADE = '''"""The idempotency records of idem-runtime, as a newer version makes them; the application may run."""

from alembic import op

revision = "{revision}"
down_revision = {down_revision}
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():  # an index is built without blocking writers
{upgrade}


def downgrade() -> None:
    """Nothing: an earlier version of the library works with this schema as well."""
'''
