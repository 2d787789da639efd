"""Paths in, findings out: the one pipeline behind the command line, the hook and the flake8 plugin.

What a clean file does not need (rules, the engine) is imported only when there is something to judge.
"""

from __future__ import annotations

from pathlib import Path

from idem_lint.run_results import CheckResult, Inventory
from idem_lint.running.file_domains import FileDomains
from idem_lint.running.money_screen import MoneyScreen
from idem_lint.running.reading import Reading
from idem_lint.settings.config import ConfigOf, check_globs
from idem_lint.settings.config_files import NOTHING_UNSAVED, Configurations
from idem_lint.settings.domains import ALL
from idem_lint.source.discovery import Discovery, SourceFile, context, decode, discover, shown
from idem_lint.source.git_files import Excludes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from typing import TypeVar

    from idem_lint.judging.followed import Follow
    from idem_lint.result_types import EntryPoint, FileReport, Handler, Site, Undecided
    from idem_lint.settings.config import Config

    _Result = TypeVar("_Result")

DISK = Reading()

__all__ = ["CheckResult", "Inventory", "check", "config_for", "inventory"]


def config_for(
    paths: Sequence[Path],
    explicit: Path | None = None,
    *,
    preset: str | None = None,
    adjust: Callable[[Config], Config] = lambda config: config,
    unsaved: Mapping[Path, bytes] = NOTHING_UNSAVED,
    jobs: int = 1,
) -> Configurations:
    """The configurations of a run over ``paths``. flake8 asks the same question for one file, so the two agree."""
    return Configurations(paths, explicit, preset=preset, adjust=adjust, unsaved=unsaved, jobs=jobs)


def check(
    paths: Sequence[Path],
    config: ConfigOf,
    *,
    today: date | None = None,
    stdin: tuple[Path, bytes] | None = None,
    strict_domains: bool = False,
    is_cached: bool = True,
    reading: Reading = DISK,
    is_named: bool = True,
) -> CheckResult:
    """Every finding in the files at ``paths`` (or in ``stdin``: an absolute path and the text that stands for it).

    Files in a money domain are judged; a file that is named itself is read wherever it lies, so that a broken one is
    IDM900. ``today`` is what ``until=`` is held against; ``strict_domains``: money outside every domain is
    IDM012; ``is_cached``: an earlier run's answer is taken where it is still right, and ``reading`` is that of the disk.
    ``is_named``: false where ``stdin`` is judged as a file that was found in a folder, not named itself. Raises
    ConfigError, and UsageError for a path that matches nothing.
    """
    is_cached = is_cached and reading.is_of_disk
    reading = _with(stdin, reading)
    found = _discover(paths, config, stdin, is_named=is_named)
    domains = FileDomains(config, (file.path for file in found.files))
    screen = MoneyScreen(domains, reading.content)

    def find(*, is_linked: bool = True) -> CheckResult:
        follow = _to_judge(config, files, strict_domains=strict_domains)
        reports = _reports(files, config, reading, follow) if is_linked else []
        result = _result(reports, found, config, screen, today, reading, strict_domains=strict_domains)
        return result._replace(left_out=found.left_out)

    files = [file.path for file in found.files]
    names_ledger = any(each.ledger_writes for each in config.every(files))
    if not names_ledger and not screen.needs_project(files, lambda: reading.context(config, paths)):
        return find(is_linked=False)
    if not is_cached:
        return find()
    from datetime import date

    today = today or date.today()  # noqa: DTZ011 - a day as the people who set it count days
    return _kept("check", paths, config, found, [today, stdin, strict_domains], find)


def _kept(
    name: str,
    paths: Sequence[Path],
    config: ConfigOf,
    found: Discovery,
    question: Sequence[object],
    find: Callable[[], _Result],
) -> _Result:
    """The answer of ``find``, or that of an earlier run, which depends on the question and on the project's files."""
    from idem_lint.running.cached_run import kept

    files = {file.path for file in found.files}.union(context(config, paths))
    return kept(name, config, [found, *question], sorted(files), find)


def _result(
    reports: Sequence[FileReport],
    found: Discovery,
    config: ConfigOf,
    screen: MoneyScreen,
    today: date | None,
    reading: Reading,
    *,
    strict_domains: bool,
) -> CheckResult:
    """What the reports come to, and what cannot be read."""
    domains = screen.domains
    counted = [*_judged(reports, found, screen), *_broken(reports, found, domains, reading)]
    unread = _unread(reports, counted)
    reports = counted
    money = {shown(file.path) for file in found.files if domains.of(file.path) is not None}
    if not reports:
        return CheckResult((), (), len(found.files), len(money), unread=unread if money else ())
    from idem_lint.judging.outside_domains import outside
    from idem_lint.judging.reported_findings import Judgement

    known = {shown(file.path): file.path for file in found.files}
    judgement = Judgement(config, known, reading.content)
    judgement.judge(reports, today, strict_domains=strict_domains)
    judgement.audit(
        sorted(money | {report.file for report in reports if report.file in known}),
        strict_domains=strict_domains,
    )
    money |= {report.file for report in reports if report.domain is not None and report.file in known}
    return judgement.result(
        files=len(found.files), in_domain=len(money), outside=outside(reports), unread=unread if money else ()
    )


def _judged(reports: Iterable[FileReport], found: Discovery, screen: MoneyScreen) -> Iterator[FileReport]:
    """The reports that count: a file outside the domains that cannot be parsed has one only if it may hold money."""
    files = {shown(file.path): file for file in found.files}
    for report in reports:
        file = files.get(report.file)
        if file is not None and (
            report.error is None
            or file.explicit
            or report.domain is not None
            or screen.may_hold_money(file.path)
        ):
            yield report


def _unread(reports: Iterable[FileReport], counted: Iterable[FileReport]) -> tuple[Site, ...]:
    """The files that were read for the sake of others, that nothing could parse and that are no finding."""
    findings = {report.file for report in counted if report.error is not None}
    sites = ((report.file, report.error or report.unread) for report in reports)
    return tuple(site for file, site in sites if site is not None and file not in findings)


def inventory(
    paths: Sequence[Path],
    config: ConfigOf,
    *,
    stdin: tuple[Path, bytes] | None = None,
    is_cached: bool = True,
    with_money: bool = True,
) -> Inventory:
    """Every handler in the files at ``paths`` that answers POST, in a money domain or not; ``with_money``: and where money
    goes from it, and every other entry point with where money goes from there. Raises as :func:`check`.
    """
    found = _discover(paths, config, stdin)
    reading = _with(stdin, DISK)

    def find() -> Inventory:
        return _inventory(found, config, reading, with_money=with_money)

    listed = _kept("inventory", paths, config, found, [stdin, with_money], find) if is_cached else find()
    return listed._replace(paths=tuple(dict.fromkeys(map(shown, paths))))


def files_of(paths: Sequence[Path], config: ConfigOf) -> list[Path]:
    """The files that a run over ``paths`` looks at, sorted. Raises as :func:`check`."""
    return [file.path for file in _discover(paths, config, None).files]


def _inventory(
    found: Discovery,
    config: ConfigOf,
    reading: Reading,
    *,
    with_money: bool,
) -> Inventory:
    follow = to_list if with_money else None
    reports = _reports([file.path for file in found.files], config, reading, follow)
    errors = [*(error for report in reports if (error := report.error or report.unread)), *found.problems]
    faults = [report.fault for report in reports if report.fault is not None]
    return Inventory(
        tuple(sorted((h for report in reports for h in report.handlers if "POST" in h.methods), key=_where)),
        tuple(sorted((u for report in reports for u in report.undecided), key=_where)),
        tuple(sorted(errors, key=_where)),
        tuple(sorted(faults, key=_where)),
        found.left_out,
        tuple(sorted((entry for report in reports for entry in report.entry_points), key=_where)),
    )


def _discover(
    paths: Sequence[Path], config: ConfigOf, stdin: tuple[Path, bytes] | None, *, is_named: bool = True
) -> Discovery:
    if stdin is None:
        found = discover(paths, config)
    elif Excludes(config).by_config(str(stdin[0])):
        found = Discovery((), skipped=(stdin[0],))
    else:
        found = Discovery((SourceFile(stdin[0], explicit=is_named),))
    with_globs = [each for each in config.every(file.path for file in found.files) if each.domain_paths]
    around = context(config, paths) if with_globs else ()
    for each in with_globs:
        check_globs(each, around)
    return found


def _to_judge(
    config: ConfigOf, files: Iterable[Path], *, strict_domains: bool
) -> Callable[[], Follow | None]:
    """What the rules may ask about: handlers of a domain whose mark says something, and every other entry point of one;
    nothing where no rule is wanted that asks where money goes.
    """

    def follow() -> Follow | None:
        from idem_lint.judging.followed import Follow, Wanted
        from idem_lint.judging.reported_findings import selected
        from idem_lint.rules import RULES

        codes = [rule.code for rule in RULES if rule.follows_money]
        if not any(
            selected(code, each.select, each.ignore) for each in config.every(files) for code in codes
        ):
            return None
        return Follow(_is_marked, Wanted(likely_everywhere=strict_domains))

    return follow


def report_of(path: Path, config: ConfigOf, reading: Reading) -> FileReport | None:
    """All that the rules may ask about one file; ``None`` where there is nothing to say about it."""
    reports = _reports([path], config, reading, _to_judge(config, [path], strict_domains=False))
    return next((report for report in reports if report.file == shown(path)), None)


def files_in_view(paths: Sequence[Path], config: ConfigOf) -> list[Path]:
    """The files at ``paths``. Raises as :func:`check`."""
    return [file.path for file in _discover(paths, config, None).files]


def to_list() -> Follow:
    """What the money map asks for: every handler of POST, every other entry point."""
    from idem_lint.judging.followed import Follow, Wanted

    return Follow(_answers_post, Wanted(listed=True))


def _is_marked(handler: Handler) -> bool:
    return handler.domain is not None and handler.mark is not None


def _answers_post(handler: Handler) -> bool:
    return "POST" in handler.methods


def _reports(
    paths: Sequence[Path],
    config: ConfigOf,
    reading: Reading,
    follow: Callable[[], Follow | None] | None,
) -> list[FileReport]:
    if not paths:
        return []
    return reading.project(config).reports(paths, follow=None if follow is None else follow())


def _broken(
    reports: Iterable[FileReport], found: Discovery, domains: FileDomains, reading: Reading
) -> Iterator[FileReport]:
    """What cannot be read or parsed and is not among ``reports``: the project passes over a file that has none of the
    words that a registration needs, and a run over a file that cannot be read must not look clean.
    """
    for site in found.problems:
        yield _unreadable(site, domains.of(Path(site.place.file)))
    told = {report.file for report in reports if report.unread is None}
    for file in found.files:
        domain = domains.of(file.path)
        # With --all-domains that would be every file there is, for the sake of files that have no handler.
        if (file.explicit or domain not in (None, ALL)) and shown(file.path) not in told:
            source = reading.content(file.path)
            if not _compiles(source):
                yield from _unparsed(shown(file.path), source, domain)


def _compiles(source: bytes) -> bool:
    import warnings
    from _ast import PyCF_ONLY_AST  # what ast.parse asks for, without ast

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if not source.isascii():
                decode(source)  # of bytes in a comment the compiler says nothing
            compile(source, "<source>", "exec", PyCF_ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _unparsed(file: str, source: bytes, domain: str | None) -> Iterator[FileReport]:
    from idem_lint.engine.imports import ParseError, parse
    from idem_lint.result_types import Place, Site

    try:
        parse(source)
    except ParseError as error:
        yield _unreadable(Site(Place(file, error.line, error.column), str(error)), domain)


def _unreadable(site: Site, domain: str | None) -> FileReport:
    from idem_lint.result_types import FileReport

    return FileReport(site.place.file, domain, error=site)


def _where(found: Handler | EntryPoint | Undecided | Site) -> tuple[str, int, int, str]:
    return found.place.file, found.place.line, found.place.column, found.qualname


def _with(stdin: tuple[Path, bytes] | None, reading: Reading) -> Reading:
    return reading if stdin is None else reading._replace(overlay={**reading.overlay, stdin[0]: stdin[1]})
