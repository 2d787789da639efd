"""``python -m tests.lint.oracles FRAMEWORK CASE [--write]``: what the framework says about one case, as JSON.

Run in a fresh interpreter per case, because cases share module names. ``--write`` keeps the answer as the case's
``expected.json``.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from tests.lint.oracles import Routes, Truth


def as_json(truths: set[Truth]) -> str:
    """The truths in file and line order."""
    rows = [
        {
            "file": truth.file,
            "line": truth.line,
            "methods": sorted(truth.methods),
            "routes": sorted(truth.routes),
        }
        for truth in sorted(truths, key=lambda truth: (truth.file, truth.line))
    ]
    return "[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]\n"


def main(framework: str, folder: str, *options: str) -> None:
    """Print the case's truth; with ``--write`` keep it too."""
    routes: Routes = importlib.import_module(f"tests.lint.oracles.{framework}").routes
    case = Path(folder).resolve()
    text = as_json(routes(case))
    if "--write" in options:
        (case / "expected.json").write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
