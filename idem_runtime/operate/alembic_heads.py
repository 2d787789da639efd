"""Which revision of the application's Alembic environment our migration follows. Alembic is imported only when asked."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from idem_runtime.drivers.table import Table
from idem_runtime.errors import ConfigurationError
from idem_runtime.operate.migration import revision_name

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script, ScriptDirectory

BY_HAND = "set down_revision to what 'alembic heads' says, or run this where alembic.ini is, or name it: --alembic-ini FILE"


@dataclass(frozen=True, slots=True)
class Parent:
    """The revision that ours comes after; ``explanation``: how that is known, for the operator."""

    revision: str | None
    explanation: str


def parent_revision(table: Table, *, ini: str | None, head: str | None) -> Parent:
    """The revision that ours comes after, from the environment that ``ini`` names, or the one in this folder.

    :raises ConfigurationError: the environment that is named is not there or cannot be read, it has several heads and
        ``head`` names none of them, or it has our revision already.
    """
    config, missing = _environment(ini)
    if config is None:
        if ini is not None or head is not None:
            raise ConfigurationError(missing)
        return Parent(None, f"{missing}; down_revision is None: {BY_HAND}")
    output: Path | None = None
    try:
        directory = _directory(config)
        output = _output_file(config, directory)
        with _moved_aside(output):
            return _choice(directory, table, head)
    except ConfigurationError as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 - the application's own code is run here, and raises what it likes
        problem = f"Alembic cannot read its revisions: {type(error).__name__}: {error}"
    hint = "" if output is None else f"\n remove {output}: it is empty, and Alembic refuses it"
    raise ConfigurationError(f"{config.config_file_name or config.toml_file_name}: {problem}{hint}")


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


def _choice(directory: ScriptDirectory, table: Table, head: str | None) -> Parent:
    scripts = {script.revision: script for script in directory.walk_revisions()}
    heads = directory.get_heads()
    chosen = heads if head is None else [script.revision for script in directory.get_revisions(head)]
    if (ours := scripts.get(revision_name(table))) is not None:
        raise ConfigurationError(f"it has revision {ours.revision} already, in {_file_name(ours)}")
    if len(chosen) > 1 or not set(chosen) <= set(heads):
        named = ", ".join(f"{name} ({_file_name(scripts[name])})" for name in heads)
        raise ConfigurationError(
            f"{'these are the heads' if head else 'there are several heads'}: {named}. Name one with --head, or make them "
            "one first: alembic merge heads"
        )
    if not chosen:
        return Parent(None, "there is no revision yet: this is the first, and down_revision is None")
    return Parent(chosen[0], f"down_revision is {chosen[0]} ({_file_name(scripts[chosen[0]])})")


def _file_name(script: Script) -> str:
    return Path(script.path).name


def _output_file(config: Config, directory: ScriptDirectory) -> Path | None:
    """The file among the revisions that standard output goes to, as long as it is empty."""
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
def _moved_aside(output: Path | None) -> Generator[None]:
    """Hide the output file meanwhile: the shell makes it before this runs, and Alembic refuses an empty revision."""
    if output is None:
        yield
        return
    hidden = output.rename(output.with_name(f"{output.name}.empty"))
    try:
        yield
    finally:
        hidden.rename(output)
