"""The last line of the text report; a clean run needs no more of it than this."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from idem_lint.run_results import CheckResult


def summary(result: CheckResult) -> str:
    """How many findings, in how many files; where there are none, how many files could have had some."""
    suppressed = len(result.suppressed)
    silenced = f", {plural(suppressed, 'finding')} suppressed by noqa" if suppressed else ""
    if result.findings:
        count = plural(len(result.findings), "finding")
        files = plural(len({finding.file for finding in result.findings}), "file")
        return f"{count} in {files} ({plural(result.files, 'file')} checked{silenced})"
    checked = f"No findings: {plural(result.files, 'file')} checked"
    if not result.in_domain:
        return f"{checked}, none of them in a money domain (see `domains` in [tool.idem-lint]){silenced}"
    return f"{checked}, {result.in_domain} of them in a money domain{silenced}"


def unread(result: CheckResult) -> Iterator[str]:
    """A line for each file beside those that were looked at which could not be parsed."""
    for site in result.unread:
        place = f"{site.place.file}:{site.place.line}:{site.place.column}"
        yield f"note: {place} cannot be read, so what depends on it is not known: {site.what}"


def plural(count: int, noun: str) -> str:
    """``1 finding``, ``2 findings``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
