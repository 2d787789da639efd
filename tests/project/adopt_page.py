"""``docs/adopt.md`` with the output of its commands, run one after the other in the project that it shows.

``python -m tests.project.adopt_page`` writes it; the test compares.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from pathlib import Path

from idem_lint.cli import main
from tests.project import ROOT

PAGE = ROOT / "docs/adopt.md"
_FILES = re.compile(r"<!-- file (\S+) -->\n```python\n(.*?)```", re.DOTALL)
_RUNS = re.compile(r"(<!-- run -->\n```console\n)(.*?)(```)", re.DOTALL)


def regenerated(text: str) -> str:
    """The page with the output that its commands have."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for name, content in _FILES.findall(text):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content, encoding="utf-8")
        with contextlib.chdir(root):
            return _RUNS.sub(lambda run: run[1] + _outputs(run[2]) + run[3], text)


def _outputs(block: str) -> str:
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{command}\n{_output(command.split()[2:])}" for command in commands)


def _output(arguments: list[str]) -> str:
    printed = io.StringIO()
    environment = {"NO_COLOR": "1", "COLUMNS": "80"}
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            main(arguments)
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
    return printed.getvalue()


if __name__ == "__main__":
    PAGE.write_text(regenerated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
