"""The migration as a revision for Alembic, and which revision it follows. Alembic is imported only where it is asked."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from idem_runtime.drivers.pools import Table
from idem_runtime.errors import ConfigurationError
from idem_runtime.operate.maintenance import revision
from idem_runtime.operate.sqlalchemy_metadata import COMMENT

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script, ScriptDirectory

BY_HAND = "set down_revision to what 'alembic heads' says, or run this where alembic.ini is, or name it: --alembic-ini FILE"


@dataclass(frozen=True, slots=True)
class Follows:
    """Which revision ours comes after; ``said``: how that is known, for the operator."""

    revision: str | None
    said: str


def follows(table: Table, *, ini: str | None, head: str | None) -> Follows:
    """The revision that ours comes after, from the environment that ``ini`` names, or the one that is here.

    :raises ConfigurationError: the environment that is named is not there or cannot be read, it has several heads and
        ``head`` names none of them, or it has our revision already.
    """
    config, missing = _environment(ini)
    if config is None:
        if ini is not None or head is not None:
            raise ConfigurationError(missing)
        return Follows(None, f"{missing}; down_revision is None: {BY_HAND}")
    output: Path | None = None
    try:
        directory = _directory(config)
        output = _output(config, directory)
        with _aside(output):
            return _choice(directory, table, head)
    except ConfigurationError as error:
        said = str(error)
    except Exception as error:  # noqa: BLE001 - the application's own code is run here, and raises what it likes
        said = f"Alembic cannot read its revisions: {type(error).__name__}: {error}"
    left = "" if output is None else f"\n remove {output}: it is empty, and Alembic refuses it"
    raise ConfigurationError(f"{config.config_file_name or config.toml_file_name}: {said}{left}")


def _environment(ini: str | None) -> tuple[Config | None, str]:
    """The configuration that Alembic's own command would read; or none, and why."""
    try:
        from alembic.config import Config
    except ImportError:
        return None, "Alembic is not installed beside idem-runtime"
    if not hasattr(Config, "get_alembic_option"):
        return None, "Alembic 1.16 or later is needed to read its revisions"
    given = ini or os.environ.get("ALEMBIC_CONFIG")
    names = [given] if given else ["alembic.ini", "pyproject.toml"]
    files = {Path(name).suffix == ".toml": name for name in names if Path(name).is_file()}
    config = Config(files.get(False), toml_file=files.get(True), stdout=sys.stderr)
    if files and config.get_alembic_option("script_location") is not None:
        return config, ""
    if given:
        return None, f"{given}: " + ("no script_location in it" if files else "there is no such file")
    return None, "no alembic.ini here"


def _directory(config: Config) -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config)


def _choice(directory: ScriptDirectory, table: Table, head: str | None) -> Follows:
    scripts = {script.revision: script for script in directory.walk_revisions()}
    heads = directory.get_heads()
    chosen = heads if head is None else [script.revision for script in directory.get_revisions(head)]
    if (ours := scripts.get(revision(table))) is not None:
        raise ConfigurationError(f"it has revision {ours.revision} already, in {_shown(ours)}")
    if len(chosen) > 1 or not set(chosen) <= set(heads):
        named = ", ".join(f"{name} ({_shown(scripts[name])})" for name in heads)
        raise ConfigurationError(
            f"{'these are the heads' if head else 'there are several heads'}: {named}. Name one with --head, or make them "
            "one first: alembic merge heads"
        )
    if not chosen:
        return Follows(None, "there is no revision yet: this is the first, and down_revision is None")
    return Follows(chosen[0], f"down_revision is {chosen[0]} ({_shown(scripts[chosen[0]])})")


def _shown(script: Script) -> str:
    return Path(script.path).name


def _output(config: Config, directory: ScriptDirectory) -> Path | None:
    """The empty file of revisions that standard output goes to."""
    folders = config.get_version_locations_list() or [str(Path(directory.dir) / "versions")]
    try:
        output = os.fstat(sys.stdout.fileno())
    except OSError:  # no file at all
        return None
    files = (file for folder in folders for file in Path(folder).rglob("*.py"))
    return next(
        (file for file in files if not output.st_size and os.path.samestat(file.stat(), output)), None
    )


@contextlib.contextmanager
def _aside(output: Path | None) -> Generator[None]:
    """The shell makes the file before this runs, and Alembic refuses a revision that is empty: it is not seen meanwhile."""
    if output is None:
        yield
        return
    unseen = output.rename(output.with_name(f"{output.name}.empty"))
    try:
        yield
    finally:
        unseen.rename(output)


def script(table: Table, down_revision: str | None) -> str:
    """The revision as Python, a statement to each ``op.execute``, because some drivers take one at a time."""
    return ALEMBIC.format(
        environment=_environment_lines(table),
        revision=revision(table),
        down_revision=repr(down_revision),
        upgrade=_executed([_refuses_others(table), *table.creation().split(";\n")]),
        downgrade=_executed([_drops(table)]),
    )


def _environment_lines(table: Table) -> str:
    """What the application writes in ``env.py``; a schema that Alembic knows by no name has none there."""
    schema = None if table.schema == "public" else table.schema
    name = None if table.name == Table().name else table.name
    given = (
        f"{word}={value!r}" for word, value in (("schema", schema), ("table", name)) if value is not None
    )
    lines = [f"target_metadata = [target_metadata, idem_runtime.sqlalchemy_metadata({', '.join(given)})]"]
    if schema is not None:
        lines.append("context.configure(..., include_schemas=True)")
    return "\n".join(f"#     {line}" for line in lines)


def _executed(statements: Iterable[str]) -> str:
    return "\n".join(f'    op.execute(\n        """\n{_literal(text)}\n"""\n    )' for text in statements)


def _literal(text: str) -> str:
    # a text for SQLAlchemy, where a colon begins a parameter, inside a literal of Python
    return text.replace(":", r"\:").replace("\\", r"\\").replace('"""', r"\"\"\"")


def _refuses_others(table: Table) -> str:
    return _block(
        table,
        f"""\
    IF to_regclass({_text(table.quoted)}) IS NOT NULL AND {_is_another(table)} THEN
        RAISE EXCEPTION USING MESSAGE = {_text(f"{table.quoted} is there already, and another program made it")},
            HINT = 'choose another name: idem-runtime migrate --format alembic --table NAME';
    END IF;""",
    )


def _drops(table: Table) -> str:
    both = f"{table.quoted}, {table.audit}"
    body = f"""\
    IF {_is_another(table)} THEN
        RAISE EXCEPTION USING MESSAGE = {_text(f"{table.quoted} is not the table that this revision makes: it stays")};
    END IF;
    LOCK TABLE {both} IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM {table.quoted}) OR EXISTS (SELECT FROM {table.audit}) THEN
        RAISE EXCEPTION USING
            MESSAGE = {_text(f"{both}: what is in them says which money has moved, and without it a retry moves it again")},
            HINT = {_text(f"look with idem-runtime list and stats; if you are sure, DROP TABLE {both} by hand")};
    END IF;
    DROP TABLE {both};"""  # noqa: S608 - names are quoted
    return _block(table, body)


def _is_another(table: Table) -> str:
    return f"obj_description(to_regclass({_text(table.quoted)}), 'pg_class') IS DISTINCT FROM '{COMMENT}'"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _block(table: Table, body: str) -> str:
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
