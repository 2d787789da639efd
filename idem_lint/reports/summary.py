"""The last lines of the text report; a clean run needs no more of it than this."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from idem_lint.run_results import CheckResult, MoneyFolder, Outside

_FOLDERS = 5
"""How many folders are named."""


def summary(result: CheckResult) -> Iterator[str]:
    """How many findings, in how many files; then what no domain judges."""
    suppressed = len(result.suppressed)
    silenced = f", {plural(suppressed, 'finding')} suppressed by noqa" if suppressed else ""
    if result.findings:
        count = plural(len(result.findings), "finding")
        files = plural(len({finding.file for finding in result.findings}), "file")
        yield f"{count} in {files} ({plural(result.files, 'file')} checked{silenced})"
    else:
        checked = f"No findings: {plural(result.files, 'file')} checked"
        in_domain = f"{result.in_domain} of them in a money domain"
        nowhere = "none of them in a money domain (see `domains` in [tool.idem-lint])"
        yield f"{checked}, {in_domain if result.in_domain else nowhere}{silenced}"
    yield from _not_judged(result.outside)


def _not_judged(outside: Outside) -> Iterator[str]:
    if outside.handlers:
        yield f"Not judged: {plural(outside.handlers, 'unmarked handler')} outside every domain{_money(outside)}"
    if outside.hidden_tests:
        yield (
            f"Left out: {plural(outside.hidden_tests, 'handler')} of tests in a money domain "
            "(include-tests = true judges them, too)"
        )


def _money(outside: Outside) -> str:
    """The folders to look at, most handlers first."""
    if not outside.money:
        return ""
    shown = "; ".join(map(_folder, outside.money[:_FOLDERS]))
    rest = len(outside.money) - _FOLDERS
    more = f"; and {plural(rest, 'folder')} more" if rest > 0 else ""
    count = sum(folder.handlers for folder in outside.money)
    return f", {count} of them with a word of money: {shown}{more} (--preset money judges them, too)"


def _folder(folder: MoneyFolder) -> str:
    return f"{folder.folder} ({folder.handlers}: {', '.join(folder.words)})"


def unread(result: CheckResult) -> Iterator[str]:
    """A line for each file beside those that were looked at which could not be parsed."""
    for site in result.unread:
        place = f"{site.place.file}:{site.place.line}:{site.place.column}"
        yield f"note: {place} cannot be read, so what depends on it is not known: {site.what}"


def plural(count: int, noun: str) -> str:
    """``1 finding``, ``2 findings``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
