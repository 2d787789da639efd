"""``python -m tests.lint.positions FRAMEWORK``: which snippets run the mark, as JSON, for a framework of another environment."""

from __future__ import annotations

import importlib
import json
import sys


def main(framework: str) -> None:
    """Print ``{snippet: effective}`` as the framework behaves."""
    module = importlib.import_module(f"tests.lint.positions.{framework}")
    print(json.dumps({snippet.name: module.is_effective(snippet.source) for snippet in module.SNIPPETS}))


if __name__ == "__main__":
    main(*sys.argv[1:])
