"""Servers that the tests start: the one on PATH, or what ``make servers`` unpacked beside this Python."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest


def path_of(program: str) -> str | None:
    """Where ``program`` is; ``None`` where there is none."""
    return shutil.which(program) or shutil.which(_unpacked(program))


def needs(program: str) -> pytest.MarkDecorator:
    """Skips what needs ``program`` where there is none, and says why there is none."""
    there = path_of(program) is not None
    return pytest.mark.skipif(not there, reason="" if there else why_not(program))


def why_not(program: str) -> str:
    """What failed, and what to do."""
    missing = _unpacked(program).parent.with_name(f"{program}-missing")
    tried = (
        f"it could not be fetched ({missing.read_text()})"
        if missing.exists()
        else "`make servers` fetches it"
    )
    return f"no {program} on PATH, and {tried}. Remedy: apt-get install {program}"


def _unpacked(program: str) -> Path:
    return Path(sys.prefix) / program / program  # by .ci/debian_programs.py
