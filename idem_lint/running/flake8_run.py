"""One file on its own, as flake8 sees it: only what the whole project says too is reported.

So the command line reports at least what flake8 reports, and flake8 is silent where another file decides.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tokenize import detect_encoding

from idem_lint.judging.project_verdicts import Project, report_alone
from idem_lint.judging.reported_findings import order, selected
from idem_lint.result_types import FileReport, Finding
from idem_lint.rules import RULES, RuleSettings, judge
from idem_lint.running.project_run import config_for
from idem_lint.settings.config import Config, ignored_codes
from idem_lint.settings.domain_words import DomainWords
from idem_lint.settings.domains import Domains
from idem_lint.source.discovery import context, decode, shown
from idem_lint.source.git_files import Excludes

_NAME = re.compile(r"\w+")
_PER_FILE = {rule.code for rule in RULES if rule.per_file}


def check_alone(filename: str, text: str, tree: ast.Module) -> list[Finding]:
    """The findings that this file decides alone, sorted. ``text`` is without byte order mark.

    Raises ConfigError for a configuration that cannot be used, SyntaxError for a coding line that names no encoding.
    """
    path = Path(filename).absolute()
    scope = _scope(path.parent)
    if scope.domains.leaves_out(path) or scope.excludes.by_config(str(path)):
        return []
    if scope.domains.rpc_of(path) is None and not any(map(scope.words.may_start, _NAME.findall(text))):
        return []  # Neither its path nor any route in it can say a domain; what registers it elsewhere may.
    try:
        stored = _stored(path, text)
    except SyntaxError:
        return []  # Bytes against their own encoding: flake8 guesses, the command line says IDM900.
    source = _encoded(text) if stored is None else stored
    alone = _judged(report_alone(path, source, scope.config, tree), scope.config, path)
    if not alone:
        return []
    whole = scope.stored(path) if stored is not None else scope.unsaved(path, source)
    places = {(finding.code, finding.line, finding.column) for finding in alone}
    confirmed = {f for report in whole for f in _judged(report, scope.config, path)}
    return sorted((f for f in confirmed if (f.code, f.line, f.column) in places), key=order)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the files of one folder share; the project's reports are shared by all folders with one configuration."""

    config: Config
    domains: Domains
    words: DomainWords
    excludes: Excludes

    def stored(self, path: Path) -> list[FileReport]:
        """What the project says about the file; it is read and linked once for all files of this process."""
        key = (self.config.root, self.config.source)
        if key not in _linked:
            files = context(self.config, [path])
            _linked[key] = {report.file: report for report in Project(self.config).reports(files)}
        report = _linked[key].get(shown(path))
        return [] if report is None else [report]

    def unsaved(self, path: Path, source: bytes) -> list[FileReport]:
        """What the project says about a text that stands for the file."""
        return Project(self.config, overlay={path: source}).reports([path])


_linked: dict[tuple[Path, Path | None], dict[str, FileReport]] = {}


@cache
def _scope(folder: Path) -> _Scope:
    config = config_for([folder])
    return _Scope(config, Domains(config), DomainWords(config.domains), Excludes(config))


def _judged(report: FileReport, config: Config, path: Path) -> set[Finding]:
    ignore = (*config.ignore, *ignored_codes(config, path))
    settings = RuleSettings(date.today())  # noqa: DTZ011 - a day as the people who set it count days
    return {
        finding
        for finding in judge([report], settings)
        if finding.code in _PER_FILE and selected(finding.code, config.select, ignore)
    }


def _stored(path: Path, text: str) -> bytes | None:
    """The bytes of the file, where they hold this text; None where an editor's unsaved text stands for it.

    Raises SyntaxError where they do but contradict their encoding, so that flake8 has read them as Latin-1.
    """
    try:
        source = path.read_bytes()
    except OSError:
        return None
    try:
        content = decode(source)
    except SyntaxError:
        if _line_feeds(source.decode("latin-1")) == _line_feeds(text):
            raise
        return None
    return source if _line_feeds(content) == _line_feeds(text) else None


def _line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoded(text: str) -> bytes:
    """``text`` in the encoding that its coding line names."""
    lines = iter(text.encode("utf-8", "surrogatepass").splitlines(keepends=True))
    encoding, _ = detect_encoding(lines.__next__)
    return text.encode(encoding, "replace")
