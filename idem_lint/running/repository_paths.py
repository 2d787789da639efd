"""Paths as a service that shows a repository wants them: from the top of the repository, wherever idem-lint was run."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from idem_lint.result_types import Finding, Site
from idem_lint.run_results import CheckResult
from idem_lint.settings.config_files import repository_top
from idem_lint.source.discovery import spelled


def from_repository(result: CheckResult) -> CheckResult:
    """The result with every path relative to the top of the repository that holds the working directory.

    Paths outside of it are absolute. In no repository, they stay relative to the working directory.
    """
    here = Path.cwd()
    top = repository_top(here)
    if top is None or top == here:
        return result
    paths = _Paths(here, top)
    return result._replace(
        findings=tuple(map(paths.finding, result.findings)),
        suppressed=tuple((paths.finding(finding), comment) for finding, comment in result.suppressed),
        unread=tuple(map(paths.site, result.unread)),
    )


def beginning_of_paths() -> str:
    """What the paths of the repository's files begin with: its top, or the working directory where that is in none."""
    here = Path.cwd()
    return _folder(repository_top(here) or here)


class _Paths:
    """Paths relative to a working directory, turned into those relative to a folder above it."""

    def __init__(self, here: Path, top: Path) -> None:
        self._here = _folder(here)
        self._top = _folder(top)

    def finding(self, finding: Finding) -> Finding:
        """A finding, with its place and the related ones."""
        return replace(finding, file=self._path(finding.file), related=tuple(map(self.site, finding.related)))

    def site(self, site: Site) -> Site:
        """A site, with its place."""
        return replace(site, place=replace(site.place, file=self._path(site.place.file)))

    def _path(self, file: str) -> str:
        return os.path.join(self._here, file).removeprefix(self._top)


def _folder(path: Path) -> str:
    """A folder as the beginning of the paths below it."""
    return f"{spelled(str(path)).rstrip('/')}/"
