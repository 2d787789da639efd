"""Does what the tutorial says, in an empty folder: ``python -m tests.project.tutorial`` prints how long it took.

Its files are written as they stand; its console blocks are run in one shell, one after the other, and what they print is compared. ``…`` stands for
anything.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from idem_runtime.testing import postgres_server
from tests.project import ROOT

PAGE = ROOT / "docs" / "tutorial.md"
THEIRS = "postgresql://postgres@127.0.0.1:5432/postgres"
"""The database of whoever reads."""
_STEP = re.compile(
    r"<!-- (?:file: (?P<file>\S+)|run) -->\n```(?:python|console)\n(?P<body>.*?)```", re.DOTALL
)
MARKER = "-- next block --"


def done(
    folder: Path,
    dsn: str,
    port: int,
    *,
    page: Path = PAGE,
    environment: Mapping[str, str] | None = None,
    patience: float = 120,
) -> list[tuple[str, str]]:
    """For each console block of ``page`` what it says should be printed, and what was; ``patience``: seconds."""
    expected, script = [], ["set +m"]
    text = page.read_text(encoding="utf-8").replace("8471", str(port)).replace(THEIRS, dsn)
    for step in _STEP.finditer(text):
        if step["file"]:
            file = folder / step["file"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step["body"], encoding="utf-8")
            continue
        lines = step["body"].splitlines()
        script += [line[2:] for line in lines if line.startswith("$ ")]
        script.append(f"echo '{MARKER}'")
        expected.append("\n".join(line for line in lines if not line.startswith("$ ")).strip("\n"))
    environment = environment or {
        **os.environ,
        "DATABASE_URL": dsn,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "NO_COLOR": "1",
    }
    ran = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=patience, check=False,
    )  # fmt: skip
    printed = [part.strip("\n") for part in ran.stdout.split(f"{MARKER}\n")]
    return list(zip(expected, printed[: len(expected)], strict=True))


def matches(expected: str, printed: str) -> bool:
    """Whether the one is an instance of the other."""
    pattern = re.escape(expected).replace("…", ".*")
    return re.fullmatch(pattern, printed, re.DOTALL) is not None


def main() -> int:
    began, server = time.monotonic(), postgres_server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            blocks = done(Path(folder), server.dsn(), postgres_server.free_port())
    finally:
        postgres_server.stop(server)
    wrong = [block for block in blocks if not matches(*block)]
    for expected, printed in wrong:
        print(f"expected:\n{expected}\nprinted:\n{printed}\n")
    print(f"{len(blocks)} blocks, {len(wrong)} of them wrong, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
