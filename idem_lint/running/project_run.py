"""Paths in, findings out: the one pipeline behind the command line, the hook and the flake8 plugin.

What a clean file does not need (rules, the engine) is imported only when there is something to judge.
"""

from __future__ import annotations

import os
from pathlib import Path

from idem_lint.run_results import CheckResult, Inventory
from idem_lint.running.money_screen import MoneyScreen
from idem_lint.settings.config import Config, check_globs, load
from idem_lint.settings.domains import ALL, Domains
from idem_lint.source.discovery import Discovery, SourceFile, context, discover, shown
from idem_lint.source.git_files import Excludes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from idem_lint.result_types import FileReport, Handler, Site, Undecided

__all__ = ["CheckResult", "Inventory", "check", "config_for", "inventory"]


def config_for(paths: Sequence[Path], explicit: Path | None = None, *, preset: str | None = None) -> Config:
    """The configuration of a run over ``paths``: that of the working directory where it has one and the paths lie below
    it, else that of the folder they share. flake8 asks the same question for one file, so the two agree. ``preset`` takes
    the place of the configuration's.
    """
    if explicit is not None:
        return load(Path.cwd(), explicit, preset=preset)
    absolute = [os.path.abspath(path) for path in paths]
    here = load(Path.cwd(), preset=preset)
    if here.source is not None and all(here.relative(Path(path)) is not None for path in absolute):
        return here
    return load(Path(os.path.commonpath(absolute)), preset=preset)


def check(
    paths: Sequence[Path],
    config: Config,
    *,
    today: date | None = None,
    stdin: tuple[Path, bytes] | None = None,
) -> CheckResult:
    """Every finding in the files at ``paths`` (or in ``stdin``: an absolute path and the text that stands for it).

    Files in a money domain are judged; a file that is named itself is read wherever it lies, so that a broken one is
    IDM900. ``today`` is what ``until=`` is held against. Raises ConfigError, and UsageError for a path that matches
    nothing.
    """
    found = _discover(paths, config, stdin)
    domains = Domains(config)
    screen = MoneyScreen(config, domains, lambda path: _content(path, stdin))
    reports: list[FileReport] = []
    if screen.needs_project((file.path for file in found.files), lambda: context(config, paths)):
        reports = _reports([file.path for file in found.files], config, stdin)
    reports = [*_judged(reports, found, screen), *_broken(reports, found, domains, stdin)]
    money = {shown(file.path) for file in found.files if domains.rpc_of(file.path) is not None}
    if not reports:
        return CheckResult((), (), len(found.files), len(money))
    from idem_lint.judging.outside_domains import outside
    from idem_lint.judging.reported_findings import Judgement

    known = {shown(file.path): file.path for file in found.files}
    judgement = Judgement(config, known, lambda path: _content(path, stdin))
    judgement.judge(reports, today)
    money |= {report.file for report in reports if report.domain is not None and report.file in known}
    return judgement.result(files=len(found.files), in_domain=len(money), outside=outside(reports))


def _judged(reports: Iterable[FileReport], found: Discovery, screen: MoneyScreen) -> Iterator[FileReport]:
    """The reports that count: a file outside the domains that cannot be parsed has one only if it may hold money."""
    files = {shown(file.path): file for file in found.files}
    for report in reports:
        file = files[report.file]
        if (
            report.error is None
            or file.explicit
            or report.domain is not None
            or screen.may_hold_money(file.path)
        ):
            yield report


def inventory(paths: Sequence[Path], config: Config, *, stdin: tuple[Path, bytes] | None = None) -> Inventory:
    """Every handler in the files at ``paths`` that answers POST, in a money domain or not. Raises as :func:`check`."""
    found = _discover(paths, config, stdin)
    reports = _reports([file.path for file in found.files], config, stdin)
    errors = [*(report.error for report in reports if report.error is not None), *found.problems]
    return Inventory(
        tuple(sorted((h for report in reports for h in report.handlers if "POST" in h.methods), key=_where)),
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
    from idem_lint.judging.project_verdicts import Project

    return Project(config, overlay=None if stdin is None else dict([stdin])).reports(paths)


def _broken(
    reports: Iterable[FileReport], found: Discovery, domains: Domains, stdin: tuple[Path, bytes] | None
) -> Iterator[FileReport]:
    """What cannot be read or parsed and is not among ``reports``: the project passes over a file that has none of the
    words that a registration needs, and a run over a file that cannot be read must not look clean.
    """
    for site in found.problems:
        yield _unreadable(site, domains.rpc_of(Path(site.place.file)))
    told = {report.file for report in reports}
    for file in found.files:
        domain = domains.rpc_of(file.path)
        # With --all-domains that would be every file there is, for the sake of files that have no handler.
        if (file.explicit or domain not in (None, ALL)) and shown(file.path) not in told:
            source = _content(file.path, stdin)
            if not _compiles(source):
                yield from _unparsed(shown(file.path), source, domain)


def _compiles(source: bytes) -> bool:
    import warnings
    from _ast import PyCF_ONLY_AST  # what ast.parse asks for, without ast

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
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


def _where(found: Handler | Undecided | Site) -> tuple[str, int, int, str]:
    return found.place.file, found.place.line, found.place.column, found.qualname


def _content(path: Path, stdin: tuple[Path, bytes] | None) -> bytes:
    if stdin is not None and stdin[0] == path:
        return stdin[1]
    try:
        return path.read_bytes()
    except OSError:
        return b""
