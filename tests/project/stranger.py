"""The front page, followed by a stranger: ``python -m tests.project.stranger`` prints how long it takes them.

In an empty folder, with an environment of its own, only what the README's blocks say is written and run: from nothing to a transfer that is
linted, protected, killed and retried. Three things are not the reader's: the package comes from this checkout instead of an index, the database's
address and the server's port are free ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from idem_lint import __version__
from idem_runtime.testing import postgres_server
from tests.project import ROOT, tutorial
from tests.project.readme import README

LIMIT = 300
"""Seconds that it may take."""


def wheel(folder: Path) -> Path:
    """This checkout as a wheel."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (found,) = folder.glob("idem_guard-*.whl")
    return found


def followed(built: Path, dsn: str) -> list[tuple[str, str]]:
    """What each block says should be printed, where it says so, and what was; ``built``: the wheel that pip finds."""
    with tempfile.TemporaryDirectory(prefix="stranger-") as place:
        constraint = Path(place, "constraint.txt")
        constraint.write_text(f"idem-guard=={__version__}\n", encoding="utf-8")
        folder = Path(place, "empty")
        folder.mkdir()
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"PYTHONPATH", "DATABASE_URL", "VIRTUAL_ENV"} and not name.startswith("IDEM_")
        }
        python = Path(sys.base_prefix, "bin")
        environment |= {
            "PATH": f"{python}{os.pathsep}{os.environ['PATH']}",
            "PIP_FIND_LINKS": f"{built.parent} {os.environ.get('PIP_FIND_LINKS', '')}".strip(),
            "PIP_CONSTRAINT": f"{constraint} {os.environ.get('PIP_CONSTRAINT', '')}".strip(),
            "NO_COLOR": "1",
        }
        blocks = tutorial.done(
            folder, dsn, postgres_server.free_port(), page=README, environment=environment, patience=3 * LIMIT
        )
    return [(expected or "…", printed) for expected, printed in blocks]  # an installer says what it likes


def main() -> int:
    server = postgres_server.start()
    try:
        with tempfile.TemporaryDirectory() as wheels:
            built, began = wheel(Path(wheels)), time.monotonic()
            blocks = followed(built, server.dsn())
            took = time.monotonic() - began
    finally:
        postgres_server.stop(server)
    wrong = [block for block in blocks if not tutorial.matches(*block)]
    for expected, printed in wrong:
        print(f"expected:\n{expected}\nprinted:\n{printed}\n")
    print(f"{len(blocks)} blocks, {len(wrong)} of them wrong, {took:.0f} s of {LIMIT}")
    return 1 if wrong or took > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
