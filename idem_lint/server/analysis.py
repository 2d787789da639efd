"""The linter in a process that stays: what a worker answers. Nothing here knows the protocol or the editor."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from idem_lint.engine.imports import ParseError, parse
from idem_lint.engine.kept_files import KeptFiles
from idem_lint.result_types import EntryPoint, Explanation, FileReport, Finding, Handler, Place
from idem_lint.rules import find
from idem_lint.run_results import CheckResult
from idem_lint.running.offered_fixes import all_fixed, offers
from idem_lint.running.project_run import check, config_for, report_of, to_list
from idem_lint.running.reading import Reading
from idem_lint.running.unsaved_text import encoded, stored
from idem_lint.server.documentation import rule_link
from idem_lint.server.hover_texts import about_entry, about_mark, mark_at
from idem_lint.server.messages import (
    Action,
    ChooseReach,
    Encoding,
    Explain,
    FixAll,
    HoverText,
    Job,
    Judged,
    JudgeFile,
    JudgeProject,
    OfferActions,
    Reach,
    Related,
    Scene,
    ShownFinding,
    TextEdit,
)
from idem_lint.server.nearby_files import NearbyFiles
from idem_lint.server.positions import Lines, edits
from idem_lint.settings.config_files import Configurations
from idem_lint.source.discovery import UsageError, context, decode, shown


@dataclass(slots=True)
class _Disk:
    """What the files on disk say at one time, and the configuration files that are open: the configurations, and which
    files there are.
    """

    config: Configurations
    files: dict[Path, None]
    nearby: NearbyFiles
    generation: int
    settings: Mapping[str, str]


class Analysis:
    """Answers one job after the other. What it read and parsed for one, it keeps for the next."""

    def __init__(self) -> None:
        self._kept = KeptFiles()
        self._disks: dict[str, _Disk] = {}
        self._parsed: dict[Path, bytes] = {}
        """Of each buffer the last content that could be parsed."""
        self._broken: dict[Path, bytes] = {}

    def answer(self, job: Job) -> object:
        """What is asked. Raises ConfigError, and whatever goes wrong in idem-lint."""
        if not os.path.isdir(job.scene.folder):
            return _nothing(job)
        os.chdir(job.scene.folder)  # the paths in messages are relative to it
        match job:
            case JudgeProject():
                return self._judge_project(job.scene)
            case JudgeFile():
                return self._judge_file(job)
            case ChooseReach():
                return self._choose_reach(job)
            case Explain():
                return self._explain(job)
            case OfferActions():
                return self._offer(job)
            case _:
                return self._fix_all(job)

    # one file

    def _judge_file(self, job: JudgeFile) -> tuple[ShownFinding, ...]:
        path = Path(job.path)
        if not self._is_judged(job.scene, path):
            return ()
        reading = self._reading(job.scene, path, job.reach)
        return _shown(self._check(job.scene, path, reading), reading, job.scene.encoding).get(job.path, ())

    def _is_judged(self, scene: Scene, path: Path) -> bool:
        """Whether the command line looks at a file: not where git ignores it, or in a virtual environment."""
        return not scene.is_folder or path in self._disk(scene).files or not path.exists()

    def _check(self, scene: Scene, path: Path, reading: Reading) -> CheckResult:
        config = self._disk(scene).config
        return check(
            [path],
            config,
            stdin=(path, reading.content(path)),
            is_cached=False,
            reading=reading,
            is_named=not scene.is_folder,
        )

    def _choose_reach(self, job: ChooseReach) -> Reach:
        """What a file's report is with the whole project in view, compared with that of fewer files."""
        path, config = Path(job.path), self._disk(job.scene).config
        wanted = report_of(path, config, self._reading(job.scene, path, "project"))
        reaches: tuple[Reach, ...] = ("imports", "names")
        for reach in reaches:
            if report_of(path, config, self._reading(job.scene, path, reach)) == wanted:
                return reach
        return "project"

    def _offer(self, job: OfferActions) -> tuple[Action, ...]:
        path = Path(job.path)
        if not self._is_judged(job.scene, path) or not path.exists():
            return ()
        reading, encoding = self._reading(job.scene, path, job.reach), job.scene.encoding
        found = self._check(job.scene, path, reading).findings
        lines = range(job.first_line + 1, job.last_line + 2)
        before = _text(reading.content(path))
        places = Lines(before, encoding)
        return tuple(
            Action(
                offer.title,
                places.span(offer.finding.line, offer.finding.column),
                offer.finding.code,
                edits(before, decode(offer.content), encoding),
                offer.is_preferred,
            )
            for offer in offers(path, lines, found, self._disk(job.scene).config, reading)
        )

    def _fix_all(self, job: FixAll) -> tuple[TextEdit, ...]:
        path = Path(job.path)
        if not self._is_judged(job.scene, path) or not path.exists():
            return ()
        reading = self._reading(job.scene, path, job.reach)
        after = all_fixed(path, self._disk(job.scene).config, reading)
        return () if after is None else edits(_text(reading.content(path)), decode(after), job.scene.encoding)

    def _explain(self, job: Explain) -> HoverText | None:
        path, number = Path(job.path), job.line + 1
        reading = self._reading(job.scene, path, job.reach)
        source = reading.content(path)
        lines = Lines(_text(source), job.scene.encoding)
        column = lines.column(number, job.character)
        named = mark_at(source, lines.line(number), column)
        reports, explanation = self._explanation(job.scene, path, number, reading)
        entries: list[Handler | EntryPoint] = []
        for report in reports:
            entries += [*report.handlers, *report.entry_points]
        mark = next(
            (mark for entry in entries for mark in entry.marks if _is_at(mark.place, path, number)), None
        )
        if named is not None:
            name, start, end = named
            return HoverText(about_mark(name, mark), lines.span(number, start, end - start))
        if mark is not None:
            return HoverText(
                about_mark(mark.name, mark), lines.span(number, mark.place.column, len(mark.written))
            )
        entry = next((entry for entry in entries if _is_at(entry.place, path, number)), None)
        if entry is None:
            return None
        return HoverText(about_entry(entry, explanation), lines.span(number, entry.place.column))

    def _explanation(
        self, scene: Scene, path: Path, line: int, reading: Reading
    ) -> tuple[list[FileReport], Explanation | None]:
        if not self._is_judged(scene, path):
            return [], None
        project = reading.project(self._disk(scene).config)
        reports = project.reports([path], follow=to_list()._replace(line=(path, line)))
        return [report for report in reports if report.file == shown(path)], project.explanation

    # the project

    def _judge_project(self, scene: Scene) -> Judged:
        overlay = self._overlay(scene, None)
        reading = Reading(overlay, self._kept)
        unsaid = [path for path in scene.buffers if not os.path.exists(path) or Path(path) in self._broken]
        try:
            result = check([Path(scene.folder)], self._disk(scene).config, reading=reading)
        except UsageError:  # no Python file below the folder
            return Judged()
        found = _shown(result, reading, scene.encoding)
        return Judged({path: found[path] for path in found if path not in unsaid}, tuple(unsaid))

    # what is read

    def _disk(self, scene: Scene) -> _Disk:
        known = self._disks.get(scene.folder)
        if known is None or (known.generation, known.settings) != (scene.generation, scene.settings):
            folder = Path(scene.folder)
            unsaved = {
                Path(path): text.encode("utf-8", "surrogatepass") for path, text in scene.settings.items()
            }
            config = config_for([folder], unsaved=unsaved)
            files = context(config, [folder])
            nearby = NearbyFiles(config.root, files)
            known = _Disk(config, dict.fromkeys(files), nearby, scene.generation, scene.settings)
            self._disks[scene.folder] = known
        return known

    def _reading(self, scene: Scene, path: Path, reach: Reach) -> Reading:
        """How one file is judged: with its own buffer, parsed or not, and with so many others in view."""
        disk = self._disk(scene)
        reading = Reading(self._overlay(scene, path), self._kept)
        return reading._replace(view=disk.nearby.of(path, reach, reading))

    def _overlay(self, scene: Scene, judged: Path | None) -> Mapping[Path, bytes]:
        """The unsaved texts, as bytes. Where one cannot be parsed, the last one that could be stands for it, but for the
        file that is judged: what others import from it is still there while somebody types.
        """
        overlay: dict[Path, bytes] = {}
        root = self._disk(scene).config.root
        for name, text in scene.buffers.items():
            path = Path(name)
            if path == judged or (path.is_relative_to(root) and self._is_judged(scene, path)):
                content = _unsaved(path, text)
                if content is not None and path != judged:
                    content = self._parsing(path, content)
                if content is not None:
                    overlay[path] = content
        return overlay

    def _parsing(self, path: Path, content: bytes) -> bytes | None:
        """The content, or the last one that could be parsed; ``None``: what is stored."""
        if self._broken.get(path) == content:
            return self._parsed.get(path)
        if self._parsed.get(path) != content:
            try:
                parse(content)
            except ParseError:
                self._broken[path] = content
                return self._parsed.get(path)
            self._parsed[path] = content
        self._broken.pop(path, None)
        return content


def _nothing(job: Job) -> object:
    """The answer about a folder that is not there any more."""
    match job:
        case JudgeProject():
            return Judged()
        case ChooseReach():
            return "project"
        case Explain():
            return None
        case _:
            return ()


def _unsaved(path: Path, text: str) -> bytes | None:
    """The text of a buffer as bytes; ``None`` where it is what is stored."""
    try:
        return encoded(text) if stored(path, text) is None else None
    except SyntaxError:  # its encoding is none, or contradicts what is stored
        return None if path.exists() else text.encode("utf-8", "surrogatepass")


def _text(content: bytes) -> str:
    try:
        return decode(content)
    except SyntaxError:
        return content.decode("latin-1")


def _is_at(place: Place, path: Path, line: int) -> bool:
    return place.line == line and place.file == shown(path)


def _shown(result: CheckResult, reading: Reading, encoding: Encoding) -> dict[str, tuple[ShownFinding, ...]]:
    """The findings by path, as an editor shows them."""
    texts: dict[str, Lines] = {}

    def lines_of(file: str) -> Lines:
        if file not in texts:
            texts[file] = Lines(_text(reading.content(Path(os.path.abspath(file)))), encoding)
        return texts[file]

    def related(finding: Finding) -> Iterable[Related]:
        chain = [(site.place, f"{number}. {site.what}") for number, site in enumerate(finding.chain, start=1)]
        for place, text in [*chain, *((site.place, f"{site.what} here") for site in finding.related)]:
            span = lines_of(place.file).span(place.line, place.column)
            yield Related(os.path.abspath(place.file), span, text, f"{place.file}:{place.line}")

    found: dict[str, list[ShownFinding]] = {}
    for finding in result.findings:
        note = result.notes.get(finding)
        texts_of_it = (
            finding.message,
            f"fix: {finding.advice}" if finding.advice else "",
            f"note: {note}" if note else "",
        )
        rule = find(finding.code)
        shown_finding = ShownFinding(
            lines_of(finding.file).span(finding.line, finding.column),
            finding.code,
            finding.severity or (rule.severity if rule is not None else "error"),
            "\n".join(filter(None, texts_of_it)),
            tuple(related(finding)),
            rule_link(finding.code),
        )
        found.setdefault(os.path.abspath(finding.file), []).append(shown_finding)
    return {path: tuple(each) for path, each in found.items()}
