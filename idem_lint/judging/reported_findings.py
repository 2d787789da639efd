"""From what the rules say to what is reported: selection, comments, source lines, hints."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from idem_lint.result_types import FileReport, Finding, Place, Site
from idem_lint.rules import RuleSettings, find, judge
from idem_lint.rules.idm014_unused_suppression import UnusedSuppression
from idem_lint.rules.idm015_suppression_without_reason import SuppressionWithoutReason
from idem_lint.run_results import CheckResult, Outside
from idem_lint.settings.config import ConfigOf, ignored_codes
from idem_lint.source.discovery import decode
from idem_lint.source.noqa import Suppressions
from idem_lint.source.suppression_comments import suppressions

_LINE_END = re.compile(r"\r\n|\r|\n")


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


class Judgement:
    """Sorts findings into those that stand, those a comment suppresses, and those nobody asked for.

    ``paths`` maps a file as reports name it to its path, ``read`` gives its content.
    """

    def __init__(self, config: ConfigOf, paths: Mapping[str, Path], read: Callable[[Path], bytes]) -> None:
        self._config = config
        self._paths = paths
        self._read = read
        self._sources: dict[str, _Source] = {}
        self._kept: list[Finding] = []
        self._suppressed: list[tuple[Finding, str]] = []
        self._excerpts: dict[tuple[str, int], str] = {}
        self._notes: dict[Finding, str] = {}

    def judge(
        self, reports: Iterable[FileReport], today: date | None, *, strict_domains: bool = False
    ) -> None:
        """Let every rule speak about every report."""
        settings = RuleSettings(today or date.today(), strict_domains)  # noqa: DTZ011 - a day as the people who set it count days
        for finding in sorted(set(judge(reports, settings)), key=order):
            source = self._source(finding.file)
            if selected(finding.code, source.select, source.ignored):
                self._add(finding, source)

    def audit(self, files: Iterable[str], *, strict_domains: bool = False) -> None:
        """Say which comments of some files silence nothing, and which say no reason where the configuration wants one."""
        for file in files:
            source = self._source(file)
            for finding in source.audited(strict_domains=strict_domains):
                if selected(finding.code, source.select, source.ignored):
                    self._keep(finding, source)
        self._kept.sort(key=order)

    def result(
        self, *, files: int, in_domain: int, outside: Outside, unread: tuple[Site, ...] = ()
    ) -> CheckResult:
        """What is to be reported."""
        kept, suppressed = tuple(self._kept), tuple(self._suppressed)
        excerpts, notes = self._excerpts, self._notes
        return CheckResult(kept, suppressed, files, in_domain, excerpts, notes, outside, unread)

    def _add(self, finding: Finding, source: _Source) -> None:
        comment = source.comment(finding)
        if comment is not None:
            self._suppressed.append((finding, comment))
            return
        self._keep(finding, source)

    def _keep(self, finding: Finding, source: _Source) -> None:
        self._kept.append(finding)
        if finding.line <= len(source.lines):
            self._excerpts[finding.file, finding.line] = source.lines[finding.line - 1]
        note = source.note(finding)
        if note is not None:
            self._notes[finding] = note

    def _source(self, file: str) -> _Source:
        if file not in self._sources:
            # What a rule reports lies in a file that was asked for, or is a folder that cannot be read.
            path = self._paths.get(file)
            content = b"" if path is None else self._read(path)
            path = path or Path(os.path.abspath(file))
            config = self._config.of(path)
            ignored = (*config.ignore, *ignored_codes(config, path))
            self._sources[file] = _Source(
                content, file, config.select, ignored, wants_reasons=config.require_reasons
            )
        return self._sources[file]


class _Source:
    """The text of a file with findings: its lines, and what its comments suppress."""

    def __init__(
        self,
        content: bytes,
        file: str,
        select: tuple[str, ...],
        ignored: tuple[str, ...],
        *,
        wants_reasons: bool,
    ) -> None:
        try:
            text = decode(content)
        except SyntaxError:
            text = ""
        self.select = select
        self.ignored = ignored
        self.lines = _LINE_END.split(text) if text else []
        self._suppressions = Suppressions(text, file)
        self._text = text
        self._file = file
        self._wants_reasons = wants_reasons
        self._used: dict[tuple[int, int], set[str]] = {}
        self._pointed_out: set[int] = set()
        self._names: dict[tuple[int, int], str] = {}

    def comment(self, finding: Finding) -> str | None:
        """The comment that silences a finding."""
        rule = find(finding.code)
        by_comment = rule is not None and rule.by_comment
        site = self._suppressions.covering(finding.line, finding.code) if by_comment else None
        if site is None:
            return None
        place = site.place.line, site.place.column
        self._used.setdefault(place, set()).add(finding.code)
        self._names[place] = finding.qualname
        return site.what

    def audited(self, *, strict_domains: bool) -> Iterator[Finding]:
        """What is wrong with the comments themselves."""
        for comment in suppressions(self._text):
            place = comment.line, comment.column
            where = Place(self._file, *place)
            used = self._used.get(place, set())
            idle = tuple(
                code
                for code in comment.codes
                if selected(code, self.select, self.ignored)
                and (strict_domains or code != "IDM012")
                and not any(silenced.startswith(code) for silenced in used)
            )
            if comment.line in self._pointed_out:
                continue  # a note says so already, where it was meant for
            if idle:
                yield UnusedSuppression().on_comment(where, comment.written, idle)
            elif self._wants_reasons and not comment.has_reason:
                name = self._names.get(place, "")
                yield SuppressionWithoutReason().on_comment(where, comment.written, name)

    def note(self, finding: Finding) -> str | None:
        """A hint where a comment was meant to silence the finding and stands in the wrong line."""
        line = self._suppressions.misplaced(finding.line, self._first_decorator(finding.line), finding.code)
        if line is None:
            return None
        self._pointed_out.add(line)
        return (
            f"the noqa comment in line {line} suppresses nothing here: flake8 looks at line {finding.line} alone, "
            "where the finding is reported"
        )

    def _first_decorator(self, line: int) -> int:
        """The line where the decorators above a definition begin, read from the indentation."""
        first = line
        indent = _indent(self.lines[line - 1]) if line <= len(self.lines) else 0
        for number in range(min(line, len(self.lines) + 1) - 1, 0, -1):
            text = self.lines[number - 1]
            bare = text.lstrip()
            if not bare or (_indent(text) <= indent and not bare.startswith(("@", "#", ")", "]", "}"))):
                break
            if bare.startswith("@"):
                first = number
        return first


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
