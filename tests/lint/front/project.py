"""A small project on disk, and the command line run in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from idem_lint.cli import main

UNMARKED = """\
from fastapi import APIRouter

router = APIRouter()


@router.post("/wallet/transfers")
def transfer(amount: int) -> dict[str, int]:
    return {"amount": amount}
"""
ELSEWHERE = UNMARKED.replace("/wallet/transfers", "/notes")
"""In no domain by its route."""
MARKED = UNMARKED.replace("def transfer", "@money_moving\ndef transfer").replace(
    "APIRouter\n", "APIRouter\n\nfrom idem_runtime import money_moving\n", 1
)
ABOVE = MARKED.replace("@money_moving\n", "").replace("@router", "@money_moving\n@router")
BROKEN = "def transfer(:\n"


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """The files, below ``root``, which becomes a project root of its own."""
    root.mkdir(exist_ok=True)
    (root / "pyproject.toml").touch()
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


_FINDING = re.compile(r"(\S.*?:\d+):\d+: (IDM\d+) ")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def findings(self) -> list[str]:
        """``file:line code`` of every finding of a text report."""
        found = (_FINDING.match(line) for line in self.out.splitlines())
        return [f"{match[1]} {match[2]}" for match in found if match is not None]


@dataclass(frozen=True)
class Shell:
    """Runs ``idem-lint`` in this process, in a working directory."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    def write(self, files: Mapping[str, str | bytes]) -> None:
        write(self.root, files)

    def run(self, *arguments: str) -> Ran:
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = self.capsys.readouterr()
        return Ran(code, captured.out, captured.err)


def script(name: str, *arguments: str, cwd: Path, stdin: str | None = None, **more: str) -> Ran:
    """A console script beside this interpreter, in a process of its own."""
    environment = {key: value for key, value in os.environ.items() if not key.endswith("_COLOR")}
    done = subprocess.run(
        [str(Path(sys.executable).with_name(name)), *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        env={**environment, **more},
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
