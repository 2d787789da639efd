"""Changes of files that are tried before anything is written: what does not hold when the project is judged with it is left
out, and said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple, TypeAlias

from idem_lint.fixing.changes import Change, ChangedFile, Files, Refusal, Subject
from idem_lint.fixing.source_text import CannotChange, SourceText
from idem_lint.judging.followed import Follow
from idem_lint.judging.reported_findings import Judgement
from idem_lint.result_types import FileReport, Finding, Handler
from idem_lint.run_results import Outside
from idem_lint.running.project_run import DISK, files_of
from idem_lint.running.reading import Reading
from idem_lint.settings.config import ConfigOf
from idem_lint.source.discovery import shown

_Key: TypeAlias = tuple[str, str, str]
"""File, qualified name and code of a finding."""


class Judged(NamedTuple):
    """What is wrong in some files, with the handlers; ``suppressed`` are the findings that a comment silences."""

    reports: list[FileReport]
    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]

    def handler(self, finding: Finding) -> Handler | None:
        """The handler that a finding is about."""
        place = finding.line, finding.qualname
        handlers = (
            handler
            for report in self.reports
            if report.file == finding.file
            for handler in report.handlers
            if (handler.place.line, handler.qualname) == place
        )
        return next(handlers, None)


class Outcome(NamedTuple):
    """What was done, or would be; what could not be. ``diffs`` are lines, ``files`` counts those that changed."""

    done: tuple[Change, ...] = ()
    refused: tuple[Refusal, ...] = ()
    diffs: tuple[str, ...] = ()
    files: int = 0


class Changing:
    """A run that changes files of a project. ``today`` is what ``until=`` is held against; what is unsaved in ``reading``
    is what is changed.
    """

    def __init__(
        self, paths: Sequence[Path], config: ConfigOf, today: date | None, reading: Reading = DISK
    ) -> None:
        self._config = config
        self._reading = reading
        self._today = today
        self._paths = {shown(path): path for path in files_of(paths, config)}
        self._contents: dict[Path, bytes] = dict(reading.overlay)
        self._sources: dict[Path, SourceText] = {}
        self._done: list[Change] = []
        self._begin()

    def _begin(self) -> None:
        self._files = Files(self._paths, self._config.root, self._contents)
        self._refused: list[Refusal] = []
        self._before: set[_Key] = set()
        self._waits = False

    def judged(self, follow: Callable[[Handler], bool] | None = None) -> Judged:
        """The findings of the files, as they are or as earlier changes left them. ``follow``: see :class:`Project`."""
        self._begin()
        found = self._judged(self._contents, follow)
        self._before = set(_keys(found))
        return found

    def _judged(self, contents: dict[Path, bytes], follow: Callable[[Handler], bool] | None = None) -> Judged:
        paths = list(self._paths.values())
        project = self._reading._replace(overlay=contents).project(self._config)
        asked = None if follow is None else Follow(follow)
        reports = project.reports(paths, follow=asked) if paths else []
        judgement = Judgement(self._config, self._paths, project.sources.read)
        judgement.judge([report for report in reports if report.unread is None], self._today)
        result = judgement.result(files=len(paths), in_domain=0, outside=Outside())
        silenced = tuple(finding for finding, _ in result.suppressed)
        return Judged(reports, result.findings, silenced)

    def plan(self, subject: Subject, change: Callable[[ChangedFile], Change]) -> None:
        """Keep a change for later, or the reason why there is none; one that another is in the way of waits for its turn."""
        try:
            file = self._files.of(subject.file)
            wanted = change(file)
        except CannotChange as error:
            self._refused.append(Refusal(subject, str(error)))
            return
        if file.takes(wanted):
            file.changes.append(wanted)
        else:
            self._waits = True

    def refuse(self, subject: Subject, reason: str) -> None:
        """Note why nothing is done."""
        self._refused.append(Refusal(subject, reason))

    def advance(self) -> bool:
        """Try the planned changes and keep those that hold; whether others have waited for that."""
        kept = self._holding()
        for file, content in kept.items():
            self._contents[file.source.path] = content
            self._sources.setdefault(file.source.path, file.source)
            self._done += file.changes
        return self._waits and bool(kept)

    def content(self, path: Path) -> bytes | None:
        """What a file is with the changes that were kept; ``None`` where there is none in it."""
        return self._contents[path] if path in self._sources else None

    def outcome(self, *, is_written: bool) -> Outcome:
        """Write what was kept, or say how it would look."""
        diffs: list[str] = []
        lost: dict[str, str] = {}
        for path, source in self._sources.items():
            try:
                if is_written:
                    source.write(self._contents[path], inside=self._config.root)
                else:
                    diffs += source.diff(self._contents[path])
            except CannotChange as error:
                lost[shown(path)] = str(error)
        refused = [
            *self._refused,
            *(
                Refusal(change.subject, lost[change.subject.file])
                for change in self._done
                if change.subject.file in lost
            ),
        ]
        done = [change for change in self._done if change.subject.file not in lost]
        if is_written:
            moved = {shown(path): self._moved(path) for path in self._sources if shown(path) not in lost}
            done = [change._replace(subject=_at(change.subject, moved)) for change in done]
            refused = [refusal._replace(subject=_at(refusal.subject, moved)) for refusal in refused]
        files = len(self._sources) - len(lost)
        return Outcome(tuple(sorted(done)), tuple(sorted(set(refused))), tuple(diffs), files)

    def _moved(self, path: Path) -> dict[int, int]:
        """Where the lines of a file stand with the changes in it; without those that changed themselves."""
        before, after = self._sources[path].stored.splitlines(), self._contents[path].splitlines()
        blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        return {first + n + 1: second + n + 1 for first, second, size in blocks for n in range(size)}

    def _holding(self) -> dict[ChangedFile, bytes]:
        """The contents of the files with the changes that hold."""
        while contents := dict(self._changed()):
            overlay = {file.source.path: content for file, content in contents.items()}
            failed = list(self._failing(self._judged({**self._contents, **overlay})))
            if not failed:
                return contents
            self._refused += failed
            self._files.drop(refusal.subject for refusal in failed)
        return {}

    def _changed(self) -> Iterator[tuple[ChangedFile, bytes]]:
        for file in self._files.changed():
            try:
                yield file, file.content()
            except CannotChange as error:
                self._give_up(file, str(error))

    def _give_up(self, file: ChangedFile, reason: str) -> None:
        self._refused += [Refusal(change.subject, reason) for change in file.changes]
        file.changes = []

    def _failing(self, after: Judged) -> Iterator[Refusal]:
        """The changes that did not mend what they were for, or brought something else."""
        found = dict(zip(_keys(after), _every(after), strict=True))
        for file in self._files.changed():
            broken = next(
                (finding for key, finding in found.items() if _breaks(key, file, self._before)), None
            )
            for change in file.changes:
                reason = self._why_not(change, found)
                if reason is None and broken is not None:
                    reason = f"with it the file could not be read: {broken.message}"
                if reason is not None:
                    yield Refusal(change.subject, reason)

    def _why_not(self, change: Change, found: dict[_Key, Finding]) -> str | None:
        subject = change.subject
        for (file, qualname, code), finding in found.items():
            if (file, qualname) != (subject.file, subject.qualname):
                continue
            if code == subject.code:
                return f"the linter would still say: {finding.message}"
            if (file, qualname, code) not in self._before and code not in _EXPECTED:
                return f"the linter would say {code} instead: {finding.message}"
        return None


def _at(subject: Subject, moved: dict[str, dict[int, int]]) -> Subject:
    """A handler at the line where it stands after what was written."""
    lines = moved.get(subject.file, {})
    return subject._replace(line=lines.get(subject.line, subject.line))


_EXPECTED = frozenset({"IDM013"})
"""What a change may bring: the reason that somebody still owes."""


def _every(judged: Judged) -> Iterable[Finding]:
    return (*judged.findings, *judged.suppressed)


def _keys(judged: Judged) -> list[_Key]:
    return [(finding.file, finding.qualname, finding.code) for finding in _every(judged)]


def _breaks(key: _Key, file: ChangedFile, before: set[_Key]) -> bool:
    return key[2] == "IDM900" and key not in before and key[0] == shown(file.source.path)
