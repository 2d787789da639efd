"""What is known of one line, for ``idem-lint why``."""

from __future__ import annotations

import os
from pathlib import Path

from idem_lint.running.option_parsing import UsageError
from idem_lint.running.project_run import files_in_view, to_list

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

    project = Project(config)
    project.reports(files_in_view([*paths, place[0]], config), follow=to_list()._replace(line=place))
    if project.explanation is None:
        raise UsageError(
            f"{place[0]}:{place[1]}: no function is around this line, or the file is not looked at"
        )
    return project.explanation
