"""Tables of snippets, written as text: ``+ name`` or ``- name`` (the mark is effective, or is not), then the source.

``! name``: the framework runs it, and the runtime refuses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import ModuleType

from tests.lint.positions.recorder import Snippet, application

Judge = Callable[[ModuleType], bool]


def snippets(prelude: str, table: str) -> tuple[Snippet, ...]:
    """The table's snippets, the prelude before each source."""
    entries = ("\n" + table.strip("\n")).split("\n### ")[1:]
    return tuple(_snippet(prelude, *entry.split("\n", 1)) for entry in entries)


def _snippet(prelude: str, title: str, source: str) -> Snippet:
    sign, name = title.split(" ", 1)
    is_run, is_refused = {"+": (True, False), "-": (False, False), "!": (True, True)}[sign]
    return Snippet(name, prelude + "\n" + source.strip("\n") + "\n", is_run, is_refused)


def outcomes(table: Iterable[Snippet], judge: Judge) -> dict[str, bool]:
    """Which snippets' marks are effective; one whose application does not start has none."""
    return {snippet.name: _outcome(snippet, number, judge) for number, snippet in enumerate(table)}


def _outcome(snippet: Snippet, number: int, judge: Judge) -> bool:
    try:
        module = application(snippet.source, f"snippet_{number}")
    except Exception:  # noqa: BLE001 - whatever stops it, the application does not start
        return False
    return judge(module)
