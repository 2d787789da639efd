"""``idem-lint init``: look at a project, and add a ``[tool.idem-lint]`` section to its ``pyproject.toml``."""

from __future__ import annotations

import os
from pathlib import Path

from idem_lint.reports.summary import plural
from idem_lint.run_results import Inventory
from idem_lint.running.configuration_section import configuration_section
from idem_lint.running.project_run import config_for, inventory
from idem_lint.running.project_survey import Survey, survey
from idem_lint.settings.config import ConfigError
from idem_lint.settings.config_files import read_table
from idem_lint.settings.config_reader import Reader, check_keys
from idem_lint.source.discovery import UsageError, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def section_for(folder: Path, *, is_cached: bool = True) -> tuple[list[str], Survey]:
    """The lines of the section for a folder, and what they say of it. Raises as :func:`write_section`."""
    seen, extends = _look(folder, is_cached=is_cached)
    return list(configuration_section(seen, extends=extends)), seen


def write_section(folder: Path, *, is_cached: bool = True) -> Iterator[str]:
    """Add the section to the folder's ``pyproject.toml``, which is made where there is none; lines that say so.

    Raises UsageError for a folder that does not exist, and where there is a section already or the file cannot be
    written; ConfigError for one that is no TOML.
    """
    file = _folder(folder) / "pyproject.toml"
    before = _content(file)
    if before is not None and read_table(file) is not None:
        raise UsageError(
            f"{shown(file)}: has a [tool.idem-lint] table already, which stays as it is; "
            "to see what init would write: idem-lint init --dry-run; to begin anew, take the table out first"
        )
    lines, seen = section_for(folder, is_cached=is_cached)
    added = _with_line_ends(lines, before or b"")
    _check(file, (before or b"") + added)
    try:
        with open(file, "ab") as handle:
            handle.write(added)
    except OSError as error:
        raise UsageError(f"{shown(file)}: cannot be written: {error.strerror or error}") from error
    done = "made, with" if before is None else "added"
    judged = f"{seen.judged[seen.preset]} of {plural(seen.handlers, 'handler')}"
    yield f'{shown(file)}: {done} [tool.idem-lint]; its preset "{seen.preset}" judges {judged}'
    yield "Next: idem-lint --statistics"


def _folder(folder: Path) -> Path:
    path = Path(os.path.abspath(folder))
    if not path.is_dir():
        raise UsageError(f"{folder}: no such folder; name the one whose pyproject.toml gets the section")
    return path


def _look(folder: Path, *, is_cached: bool) -> tuple[Survey, str | None]:
    """What there is in a folder, and the configuration file in force for it, relative to it."""
    path = _folder(folder)
    config = config_for([path])
    try:
        found = inventory([path], config, is_cached=is_cached, with_money=False)
    except UsageError:
        found = Inventory((), (), ())  # a new project: there is no Python file yet
    source = config.of(path / "pyproject.toml").source
    above = source is not None and source.parent != path
    extends = os.path.relpath(str(source), path).replace(os.sep, "/") if above else None
    return survey(found, config, path), extends


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{shown(file)}: cannot be read: {error.strerror or error}") from error


def _with_line_ends(lines: list[str], before: bytes) -> bytes:
    """The lines as they follow ``before``, an empty line between, with the line ends that are there."""
    text = "".join(f"{line}\n" for line in lines)
    if before:
        text = ("\n" if before.endswith(b"\n") else "\n\n") + text
    return text.replace("\n", "\r\n" if b"\r\n" in before else "\n").encode()


def _check(file: Path, content: bytes) -> None:
    """Whether our own reader takes what the file will hold; nothing has been written by then."""
    import tomllib

    try:
        table = tomllib.loads(content.decode("utf-8"))["tool"]["idem-lint"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{shown(file)}: a [tool.idem-lint] table cannot be added at its end: {error}; "
            "put what `idem-lint init --dry-run` prints where it belongs"
        ) from error
    check_keys(file, table)
    Reader(file, table, {}).config(file.parent)
