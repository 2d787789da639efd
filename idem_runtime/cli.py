"""``idem-runtime``: arguments in, exit code out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.metadata import version


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``idem-runtime`` with ``argv`` (default: the process's arguments); returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="idem-runtime", description="The idempotency records in your Postgres."
    )
    parser.add_argument("--version", action="version", version=f"idem-runtime {version('idem-guard')}")
    parser.parse_args(argv)
    parser.print_help()
    return 0
