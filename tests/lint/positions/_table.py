"""Tables of snippets, written as text: ``+ name`` or ``- name`` (the mark is effective, or is not), then the source."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

from tests.lint.positions.recorder import Snippet, application

ROOT = Path(__file__).parents[3]
Judge = Callable[[ModuleType], bool]


def snippets(prelude: str, table: str) -> tuple[Snippet, ...]:
    """The table's snippets, the prelude before each source."""
    entries = ("\n" + table.strip("\n")).split("\n### ")[1:]
    return tuple(_snippet(prelude, *entry.split("\n", 1)) for entry in entries)


def _snippet(prelude: str, title: str, source: str) -> Snippet:
    sign, name = title.split(" ", 1)
    return Snippet(name, prelude + "\n" + source.strip("\n") + "\n", {"+": True, "-": False}[sign])


def outcomes(table: Iterable[Snippet], judge: Judge) -> dict[str, bool]:
    """Which snippets' marks are effective; one whose application does not start has none."""
    return {snippet.name: _outcome(snippet, number, judge) for number, snippet in enumerate(table)}


def _outcome(snippet: Snippet, number: int, judge: Judge) -> bool:
    try:
        module = application(snippet.source, f"snippet_{number}")
    except Exception:  # noqa: BLE001 - whatever stops it, the application does not start
        return False
    return judge(module)


def outcomes_elsewhere(framework: str) -> dict[str, bool]:
    """``outcomes`` in a process of its own: Django's settings can be given only once in one."""
    command = [sys.executable, "-m", f"tests.lint.positions.{framework}"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))
