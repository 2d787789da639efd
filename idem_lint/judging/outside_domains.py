"""What a run does not judge: handlers outside every domain, and where among them money may be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from idem_lint.result_types import FileReport, Handler
from idem_lint.run_results import MoneyFolder, Outside


def outside(reports: Iterable[FileReport]) -> Outside:
    """The count of what no domain judges, with the folders where a word says money, most handlers first."""
    handlers = [handler for report in reports for handler in report.handlers]
    unjudged = [handler for handler in handlers if _is_unjudged(handler)]
    return Outside(
        len(unjudged),
        tuple(sorted(_folders(unjudged), key=lambda folder: (-folder.handlers, folder.folder))),
        sum(handler.hidden_test for handler in handlers),
    )


def _is_unjudged(handler: Handler) -> bool:
    return (
        handler.domain is None
        and not handler.hidden_test
        and handler.mark is None
        and "POST" in handler.methods
    )


def _folders(handlers: Iterable[Handler]) -> Iterator[MoneyFolder]:
    words: dict[str, list[str]] = {}
    for handler in handlers:
        if handler.outside is not None:
            folder = handler.place.file.rpartition("/")[0] or "."
            words.setdefault(folder, []).append(handler.outside.word)
    for folder, found in words.items():
        yield MoneyFolder(folder, len(found), tuple(dict.fromkeys(found)))
