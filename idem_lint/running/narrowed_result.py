"""A result without what nobody asked about: what a baseline knows, and what no change since a commit can have touched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from idem_lint.adoption import baseline
from idem_lint.adoption.baseline import Entry
from idem_lint.judging.dependent_files import dependents
from idem_lint.judging.reported_findings import selected
from idem_lint.result_types import Finding
from idem_lint.run_results import CheckResult
from idem_lint.running.project_run import files_of
from idem_lint.settings.config import ConfigOf, ignored_codes
from idem_lint.source.changed_files import changed_since
from idem_lint.source.discovery import shown


def since(
    revision: str, result: CheckResult, paths: Sequence[Path], config: ConfigOf
) -> tuple[CheckResult, str]:
    """The findings in what changed since a branch left ``revision``, in what imports that, and those that lead there; with a
    sentence that says how much that is.
    """
    changed = changed_since(revision, Path.cwd())
    files = files_of(paths, config)
    touched = {path.resolve() for path in changed.files}
    own = [path for path in files if path.resolve() in touched]
    reached = dependents(config, files, [*own, *changed.files], changed.gone)
    names = {shown(path) for path in (*own, *changed.files, *changed.gone)}
    affected = names | {shown(path) for path in reached}
    count = sum(shown(path) in affected for path in files)
    narrowed = result._replace(
        findings=tuple(finding for finding in result.findings if _concerns(finding, affected, names)),
        suppressed=tuple(pair for pair in result.suppressed if _concerns(pair[0], affected, names)),
        files=count,
        in_domain=min(count, result.in_domain),
    )
    return narrowed, (
        f"{len(own)} changed since {changed.base[:12]}, {count - len(own)} more depend on them, of {len(files)} files"
    )


def _concerns(finding: Finding, affected: set[str], changed: set[str]) -> bool:
    """Whether a finding is in an affected file, or leads to a changed one."""
    led_to = {site.place.file for site in (*finding.chain, *finding.related)}
    return finding.file in affected or not changed.isdisjoint(led_to)


class Known(NamedTuple):
    """A result without what a baseline knows, how much that is, and the entries that are not found any more."""

    result: CheckResult
    known: int
    stale: tuple[Entry, ...]


def without_known(file: Path, result: CheckResult, looked_at: Sequence[Path], config: ConfigOf) -> Known:
    """The result without the findings that the baseline at ``file`` knows. ``looked_at`` are the paths of the run."""
    scope = Scope(file, looked_at, config)
    compared = baseline.compare(result.findings, baseline.read(file), file, scope.has)
    return Known(result._replace(findings=compared.new), compared.known, compared.stale)


class Scope:
    """What a run could have found of a baseline's entries: those in its paths, of rules that are selected there."""

    def __init__(self, file: Path, paths: Sequence[Path], config: ConfigOf) -> None:
        self._folder = Path(os.path.abspath(file)).parent
        self._paths = [Path(os.path.abspath(path)) for path in paths]
        self._config = config

    def has(self, entry: Entry) -> bool:
        """Whether the run looked for what an entry is about."""
        path = Path(os.path.normpath(self._folder / entry.file))
        if not any(path.is_relative_to(looked_at) for looked_at in self._paths):
            return False
        config = self._config.of(path)
        return selected(entry.code, config.select, (*config.ignore, *ignored_codes(config, path)))
