"""Paths in, findings out: the one pipeline behind the command line, the hook and the flake8 plugin."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from idem_lint.config import Config, check_globs, ignored_codes, load
from idem_lint.domains import Domains
from idem_lint.files import Discovery, SourceFile, context, decode, discover, shown
from idem_lint.handlers import FileReport, Finding, Handler, Site, Undecided
from idem_lint.noqa import Suppressions
from idem_lint.results import CheckResult, Inventory
from idem_lint.rules import RuleSettings, find, judge
from idem_lint.tree import Excludes

__all__ = ["CheckResult", "Inventory", "check", "config_for", "inventory", "order", "selected"]

_LINE_END = re.compile(r"\r\n|\r|\n")


def config_for(paths: Sequence[Path], explicit: Path | None = None) -> Config:
    """The configuration of a run over ``paths``: that of the working directory where it has one and the paths lie below
    it, else that of the folder they share. flake8 asks the same question for one file, so the two agree.
    """
    if explicit is not None:
        return load(Path.cwd(), explicit)
    absolute = [os.path.abspath(path) for path in paths]
    here = load(Path.cwd())
    if here.source is not None and all(here.relative(Path(path)) is not None for path in absolute):
        return here
    return load(Path(os.path.commonpath(absolute)))


def check(
    paths: Sequence[Path], config: Config, *, today: date, stdin: tuple[Path, bytes] | None = None
) -> CheckResult:
    """Every finding in the files at ``paths`` (or in ``stdin``: an absolute path and the text that stands for it).

    Files in a money domain are judged; a file that is named itself is read wherever it lies, so that a broken one is
    IDM900. Raises ConfigError, and UsageError for a path that matches nothing.
    """
    found = _discover(paths, config, stdin)
    domains = Domains(config)
    in_domain = {file.path for file in found.files if domains.rpc_of(file.path) is not None}
    asked = [file.path for file in found.files if file.explicit or file.path in in_domain]
    reports = [*_reports(asked, config, stdin), *map(_unreadable, found.problems)]
    judgement = _Judgement(config, stdin, {shown(path): path for path in asked})
    for finding in sorted(set(judge(reports, RuleSettings(today))), key=order):
        judgement.add(finding)
    return CheckResult(
        tuple(judgement.kept),
        tuple(judgement.suppressed),
        len(found.files),
        len(in_domain),
        judgement.excerpts,
        judgement.notes,
    )


def inventory(paths: Sequence[Path], config: Config, *, stdin: tuple[Path, bytes] | None = None) -> Inventory:
    """Every handler in the files at ``paths``, in a money domain or not. Raises as :func:`check`."""
    found = _discover(paths, config, stdin)
    reports = _reports([file.path for file in found.files], config, stdin)
    errors = [*(report.error for report in reports if report.error is not None), *found.problems]
    return Inventory(
        tuple(sorted((h for report in reports for h in report.handlers), key=_where)),
        tuple(sorted((u for report in reports for u in report.undecided), key=_where)),
        tuple(sorted(errors, key=_where)),
    )


def _discover(paths: Sequence[Path], config: Config, stdin: tuple[Path, bytes] | None) -> Discovery:
    if config.domain_paths:
        check_globs(config, context(config, paths))
    if stdin is None:
        return discover(paths, config)
    excluded = Excludes(config).by_config(str(stdin[0]))
    return (
        Discovery((), skipped=(stdin[0],)) if excluded else Discovery((SourceFile(stdin[0], explicit=True),))
    )


def _reports(paths: Sequence[Path], config: Config, stdin: tuple[Path, bytes] | None) -> list[FileReport]:
    if not paths:
        return []
    from idem_lint.project import Project

    return Project(config, overlay=None if stdin is None else dict([stdin])).reports(paths)


def _unreadable(site: Site) -> FileReport:
    return FileReport(site.place.file, None, error=site)


def _where(found: Handler | Undecided | Site) -> tuple[str, int, int, str]:
    return found.place.file, found.place.line, found.place.column, found.qualname


def selected(code: str, select: Iterable[str], ignore: Iterable[str]) -> bool:
    """Whether a code is wanted: the longest prefix that fits decides, ``ignore`` where both are as long.

    A file that cannot be read (IDM900) is always wanted, unless it is ignored by its whole code: leaving it out would
    pass a file as clean that nobody looked into.
    """
    chosen = max((len(prefix) for prefix in select if code.startswith(prefix)), default=0)
    dropped = max((len(prefix) for prefix in ignore if code.startswith(prefix)), default=0)
    if code == "IDM900":
        return dropped < len(code)
    return chosen > dropped


def order(finding: Finding) -> tuple[str, int, int, str, str]:
    """The order of a report."""
    return finding.file, finding.line, finding.column, finding.code, finding.message


@dataclass(slots=True)
class _Judgement:
    """Sorts findings into those that stand, those a comment suppresses, and those nobody asked for."""

    config: Config
    stdin: tuple[Path, bytes] | None
    paths: dict[str, Path]
    kept: list[Finding] = field(default_factory=list[Finding])
    suppressed: list[tuple[Finding, str]] = field(default_factory=list[tuple[Finding, str]])
    excerpts: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])
    notes: dict[Finding, str] = field(default_factory=dict[Finding, str])
    _texts: dict[str, _Text] = field(default_factory=dict[str, "_Text"])

    def add(self, finding: Finding) -> None:
        text = self._text(finding.file)
        if not selected(finding.code, self.config.select, (*self.config.ignore, *text.ignored)):
            return
        comment = text.comment(finding)
        if comment is not None:
            self.suppressed.append((finding, comment))
            return
        self.kept.append(finding)
        if finding.line <= len(text.lines):
            self.excerpts[finding.file, finding.line] = text.lines[finding.line - 1]
        note = text.note(finding)
        if note is not None:
            self.notes[finding] = note

    def _text(self, file: str) -> _Text:
        if file not in self._texts:
            path = self.paths.get(file, Path(os.path.abspath(file)))
            source = self.stdin[1] if self.stdin is not None and self.stdin[0] == path else _content(path)
            self._texts[file] = _Text(source, file, ignored_codes(self.config, path))
        return self._texts[file]


class _Text:
    """The source of a file with findings: its lines, and what its comments suppress."""

    def __init__(self, source: bytes, file: str, ignored: tuple[str, ...]) -> None:
        try:
            text = decode(source)
        except (UnicodeDecodeError, SyntaxError):
            text = ""
        self.ignored = ignored
        self.lines = _LINE_END.split(text) if text else []
        self._suppressions = Suppressions(text, file)

    def comment(self, finding: Finding) -> str | None:
        rule = find(finding.code)
        by_comment = rule is not None and rule.by_comment
        return self._suppressions.covers(finding.line, finding.code) if by_comment else None

    def note(self, finding: Finding) -> str | None:
        line = self._suppressions.misplaced(finding.line, self._first_decorator(finding.line), finding.code)
        if line is None:
            return None
        return (
            f"the noqa comment in line {line} suppresses nothing here: flake8 looks at line {finding.line} alone, where "
            "the finding is reported"
        )

    def _first_decorator(self, line: int) -> int:
        """The line where the decorators above a definition begin, read from the indentation."""
        first = line
        indent = _indent(self.lines[line - 1]) if line <= len(self.lines) else 0
        for number in range(line - 1, 0, -1):
            text = self.lines[number - 1]
            if not text.strip() or (
                _indent(text) <= indent and not text.lstrip().startswith(("@", "#", *")]}"))
            ):
                break
            if text.lstrip().startswith("@"):
                first = number
        return first


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
