"""Figures that the pages and the plots show: what the benchmarks measured last and kept, as JSON beside this file."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def add_option(parser: argparse.ArgumentParser) -> None:
    """``--write``, for a benchmark whose figures are shown."""
    parser.add_argument(
        "--write", action="store_true", help="keep the figures, of which the pages and plots are made"
    )


def conditions(*, versions: str = "") -> str:
    """Where they are measured; to be asked before the benchmark makes a load of its own."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return f"Python {platform.python_version()}{', ' * bool(versions)}{versions}; {cores} cores, load {load:.1f} at the start"


def keep(name: str, *, command: str, where: str, rows: list[dict[str, Any]]) -> None:
    """Write the figures of a benchmark; ``where``: its :func:`conditions`, ``rows``: each with a ``name``."""
    text = json.dumps({"command": command, "where": where, "rows": rows}, indent=1, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def keep_whole(name: str, missing: Sequence[str], **rest: Any) -> None:
    """As :func:`keep`, unless something is missing: the pages compare, so a part of a run does not take the place of a whole one."""
    if missing:
        print(f"the kept figures stay as they are, because these were not measured: {', '.join(missing)}")
    else:
        keep(name, **rest)


def kept(name: str) -> dict[str, Any]:
    """What :func:`keep` wrote."""
    return dict(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))
