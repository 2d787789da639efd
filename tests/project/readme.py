"""What the README shows and a program knows: the finding of its first example, the tables of frameworks and of rules.

``python -m tests.project.readme`` writes them; the test compares.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from idem_lint.finding.runtime_adapters import FUNCTIONS, RuntimeAdapter
from idem_lint.frameworks.registry import registry
from idem_lint.rules import RULES
from tests.project import ROOT

README = ROOT / "README.md"
_SOURCE = re.compile(r"<!-- source -->\n```python\n(.*?)```", re.DOTALL)
_FINDINGS = re.compile(r"(<!-- findings -->\n```console\n\$ idem-lint wallet\n).*?(```)", re.DOTALL)
_FRAMEWORKS = re.compile(r"(<!-- frameworks -->\n).*?(<!-- end of frameworks -->)", re.DOTALL)
_RULES = re.compile(r"(<!-- rules -->\n).*?(<!-- end of rules -->)", re.DOTALL)


def regenerated(text: str) -> str:
    """The README with its generated parts as they have to be."""
    source = _SOURCE.search(text)
    assert source, "the README has lost its example"
    text = _FINDINGS.sub(lambda found: found[1] + findings(source[1]) + found[2], text)
    text = _FRAMEWORKS.sub(lambda found: found[1] + frameworks() + found[2], text)
    return _RULES.sub(lambda found: found[1] + table() + found[2], text)


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


def table() -> str:
    """The rules as a table."""
    rows = [f"| {rule.code} | {rule.name} | {rule.summary} |" for rule in RULES]
    return "\n".join(["| code | name | finds |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    README.write_text(regenerated(README.read_text(encoding="utf-8")), encoding="utf-8")
