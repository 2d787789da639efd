"""What the README shows and a program knows: the finding of its first example, and the table of rules.

``python -m tests.project.readme`` writes them; the test compares.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from idem_lint.rules import RULES
from tests.project import ROOT

README = ROOT / "README.md"
_SOURCE = re.compile(r"<!-- source -->\n```python\n(.*?)```", re.DOTALL)
_FINDINGS = re.compile(r"(<!-- findings -->\n```console\n\$ idem-lint wallet\n).*?(```)", re.DOTALL)
_RULES = re.compile(r"(<!-- rules -->\n).*?(<!-- end of rules -->)", re.DOTALL)


def regenerated(text: str) -> str:
    """The README with its generated parts as they have to be."""
    source = _SOURCE.search(text)
    assert source, "the README has lost its example"
    text = _FINDINGS.sub(lambda found: found[1] + findings(source[1]) + found[2], text)
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


def table() -> str:
    """The rules as a table."""
    rows = [f"| {rule.code} | {rule.name} | {rule.summary} |" for rule in RULES]
    return "\n".join(["| code | name | finds |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    README.write_text(regenerated(README.read_text(encoding="utf-8")), encoding="utf-8")
