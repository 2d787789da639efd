"""What the pages show and a program knows: the finding of the first example, the tables of frameworks, of the comparison, of the protocol, of what was measured.

``python -m tests.project.readme`` writes them; the test compares.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.compare import table as comparison
from benchmarks.figures import tables as figures
from idem_lint.finding.runtime_adapters import FUNCTIONS, RuntimeAdapter
from idem_lint.frameworks.registry import registry
from tests.project import ROOT, protocol_states

README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = (
    README,
    *(DOCS / f"{name}.md" for name in ("compared", "frameworks", "how-it-works", "performance")),
)
_SOURCE = re.compile(r"<!-- source -->\n```python\n(.*?)```", re.DOTALL)
_FINDINGS = re.compile(r"(<!-- findings -->\n```console\n\$ idem-lint wallet\n).*?(```)", re.DOTALL)


def regenerated(text: str) -> str:
    """A page with its generated parts as they have to be."""
    source = _SOURCE.search(text)
    if source is not None:
        text = _FINDINGS.sub(lambda found: found[1] + findings(source[1]) + found[2], text)
    for name, written in PARTS.items():
        part = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        text = part.sub(lambda found, written=written: found[1] + written() + found[2], text)
    return text


def findings(source: str) -> str:
    """What the command line says of the example, in a project of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "wallet", "transfers.py")
        file.parent.mkdir()
        file.write_text(source, encoding="utf-8")
        command = [sys.executable, "-m", "idem_lint", "wallet", "--color", "never"]
        done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    return done.stdout


def frameworks() -> str:
    """Every framework that the linter reads, beside what of the runtime serves its handlers."""
    rows: dict[RuntimeAdapter | None, list[str]] = {}
    for framework in registry().frameworks:
        rows.setdefault(framework.adapter, []).extend(framework.titles)
    without = rows.pop(None)
    lines = [_row(titles, _served(adapter)) for adapter, titles in rows.items() if adapter is not None]
    return "\n".join(
        ["| the linter reads | the runtime |", "|---|---|", *lines, _row(without or [], _NO_ADAPTER), ""]
    )


_NO_ADAPTER = (
    "**no adapter yet**: `@money_moving` on a handler is refused when it is called (`NotInstalled`); "
    f"protect the [plain function]({FUNCTIONS.page}) that it calls, with `{FUNCTIONS.installed_by}`"
)


def _row(titles: list[str], runtime: str) -> str:
    return f"| {', '.join(sorted(set(titles), key=str.lower))} | {runtime} |"


def _served(adapter: RuntimeAdapter) -> str:
    return f"`{adapter.installed_by}` ([{Path(adapter.page.partition('#')[0]).stem}]({adapter.page}))"


PARTS: dict[str, Callable[[], str]] = {
    "frameworks": frameworks,
    "comparison": lambda: comparison.table(comparison.committed()),
    "compared versions": lambda: comparison.versions(comparison.committed()),
    "states": protocol_states.states,
    "transitions": protocol_states.transitions,
    **{f"figures: {name}": written for name, written in figures.PARTS.items()},
}


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(regenerated(page.read_text(encoding="utf-8")), encoding="utf-8")
