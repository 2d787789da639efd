"""One file as flake8 sees it: what the whole project says about it, found once for all files and kept for the next run.

So the command line reports at least what flake8 reports, at the same places.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from idem_lint.result_types import Finding
from idem_lint.rules import RULES
from idem_lint.running.project_run import check, config_for
from idem_lint.running.unsaved_text import encoded, stored
from idem_lint.settings.config_files import Configurations
from idem_lint.settings.domain_words import DomainWords
from idem_lint.settings.domains import Domains
from idem_lint.source.discovery import discover, shown
from idem_lint.source.git_files import Excludes

_NAME = re.compile(r"\w+")
_PER_FILE = frozenset(rule.code for rule in RULES if rule.per_file)


def check_file(filename: str, text: str) -> list[Finding]:
    """The findings in one file, sorted, but for those that flake8 has words of its own for. ``text`` is without byte order
    mark.

    Raises ConfigError for a configuration that cannot be used, SyntaxError for a coding line that names no encoding.
    """
    path = Path(filename).absolute()
    scope = _scope(path.parent)
    if scope.domains.leaves_out(path) or scope.excludes.by_config(str(path)):
        return []
    if scope.domains.rpc_of(path) is None and not any(map(scope.words.may_start, _NAME.findall(text))):
        return []  # Neither its path nor any route in it can say a domain; what registers it elsewhere may.
    try:
        source = stored(path, text)
    except SyntaxError:
        return []  # Bytes against their own encoding: flake8 guesses, the command line says IDM900.
    found = scope.unsaved(path, encoded(text)) if source is None else scope.stored(path)
    return [finding for finding in found if finding.code in _PER_FILE or finding.is_fault]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the files of one folder share; the project's findings are shared by all folders with one configuration."""

    every: Configurations
    domains: Domains
    words: DomainWords
    excludes: Excludes

    def stored(self, path: Path) -> tuple[Finding, ...]:
        """What the project says about the file. It is judged once for all files of this process; a file that the project
        does not list (git ignores it), by itself.
        """
        root = self.every.root
        if root not in _judged:
            _judged[root] = self._project()
        found = _judged[root].get(path)
        return check([path], self.every).findings if found is None else tuple(found)

    def unsaved(self, path: Path, source: bytes) -> tuple[Finding, ...]:
        """What the project says about a text that stands for the file."""
        return check([path], self.every, stdin=(path, source)).findings

    def _project(self) -> dict[Path, list[Finding]]:
        root = self.every.root
        if root == root.parent:
            return {}
        paths = [file.path for file in discover([root], self.every).files]
        names = {shown(path): path for path in paths}
        findings: dict[Path, list[Finding]] = {path: [] for path in paths}
        for finding in check([root], self.every).findings:
            if finding.file in names:
                findings[names[finding.file]].append(finding)
        return findings


_judged: dict[Path, dict[Path, list[Finding]]] = {}


@cache
def _scope(folder: Path) -> _Scope:
    every = config_for([folder])
    config = every.of(folder / "any.py")
    return _Scope(every, Domains(config), DomainWords(config.domains), Excludes(config))
