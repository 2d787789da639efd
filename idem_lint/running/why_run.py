"""What is known of one line, for ``idem-lint why``."""

from __future__ import annotations

import ast
import os
from contextlib import suppress
from pathlib import Path

from idem_lint.engine.imports import ParseError, parse
from idem_lint.reports.summary import plural
from idem_lint.running.option_parsing import UsageError
from idem_lint.running.project_run import files_in_view, to_list
from idem_lint.source.discovery import shown

_NO_FUNCTION = "no function is around this line"
_PLAIN = (ast.Import, ast.ImportFrom)
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from idem_lint.result_types import Explanation
    from idem_lint.settings.config import ConfigOf


def place_of(text: str) -> tuple[Path, int]:
    """``FILE:LINE`` as a path and a number. Raises UsageError."""
    name, _, line = text.rpartition(":")
    if not name or not line.isdecimal():
        raise UsageError(f"{text}: name a line as FILE:LINE (wallet/routes.py:12)")
    path = Path(os.path.abspath(name))
    if not path.is_file():
        raise UsageError(f"{name}: no such file")
    return path, int(line)


def why(place: tuple[Path, int], paths: Sequence[Path], config: ConfigOf) -> Explanation:
    """The explanation of a line, with the files at ``paths`` in view. Raises UsageError where no function is around it."""
    from idem_lint.judging.project_verdicts import Project

    _check_line(*place)
    project = Project(config)
    project.reports(files_in_view([*paths, place[0]], config), follow=to_list()._replace(line=place))
    if project.explanation is None:
        raise UsageError(f"{shown(place[0])}:{place[1]}: {_NO_FUNCTION}, or the file is not looked at")
    return project.explanation


def _check_line(path: Path, line: int) -> None:
    """Raises UsageError where the file itself says that there is nothing to explain, before the whole project is read."""
    content = path.read_bytes()
    count = len(content.splitlines())
    if not 1 <= line <= count:
        raise UsageError(f"{shown(path)} has {plural(count, 'line')}, and no line {line}")
    with suppress(ParseError, RecursionError):
        around = [
            part for part in parse(content).body if _first(part) <= line <= (part.end_lineno or part.lineno)
        ]
        if all(isinstance(part, _PLAIN) for part in around):
            raise UsageError(f"{shown(path)}:{line}: {_NO_FUNCTION}")


def _first(part: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(part, "decorator_list", [])
    return min([part.lineno, *(each.lineno for each in decorators)])
