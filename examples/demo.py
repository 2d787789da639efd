"""``make demo``: the sample bank under the linter, then under the runtime, step by step.

Exits 1 if a step does not show what it is there to show.

A step is a function in ``STEPS`` that prints what it does and returns whether it showed it.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from demo_runtime import protected

ROOT = Path(__file__).resolve().parent.parent
BANK = Path("examples/bank")
Step = Callable[[], bool]

# What the linter has to say of which module, and how often.
EXPECTED = Counter(
    {
        ("IDM001", "cash"): 1,
        ("IDM001", "loans"): 1,
        ("IDM001", "transfers"): 1,
        ("IDM002", "bonuses"): 1,
        ("IDM003", "transfers"): 2,
        ("IDM004", "batches"): 1,
        ("IDM005", "batches"): 1,
        ("IDM006", "loans"): 1,
        ("IDM008", "advances"): 1,
        ("IDM009", "goals"): 1,
        ("IDM010", "cash"): 1,
        ("IDM011", "advances"): 1,
    }
)


def findings() -> bool:
    """Every wrong handler of the bank, and no other."""
    say("A bank's service: which POST handlers would a retry run twice?", f"idem-lint {BANK} --statistics")
    shown = lint(str(BANK), "--statistics", *colour())
    print(shown.stdout, end="")
    told = json.loads(lint(str(BANK), "--format", "json").stdout)["findings"]
    found = Counter((finding["code"], Path(finding["file"]).stem) for finding in told)
    return shown.returncode == 1 and report(found)


def explanation() -> bool:
    """Why a mark above the route decorator does nothing."""
    say("Two of them carry the mark, and it does nothing. Why?", "idem-lint explain IDM003")
    shown = lint("explain", "IDM003")
    print(shown.stdout, end="")
    return shown.returncode == 0 and "IDM003" in shown.stdout


def handlers() -> bool:
    """The inventory."""
    say("Every POST handler there is, money or not, marked or not:", f"idem-lint inventory {BANK}")
    shown = lint("inventory", str(BANK))
    print(shown.stdout, end="")
    return shown.returncode == 0 and "express_transfer" in shown.stdout


STEPS: tuple[Step, ...] = (findings, explanation, handlers, protected)


def main() -> int:
    failed = [step.__name__ for step in STEPS if not step()]
    print()
    if failed:
        print(f"these steps did not show what they are there to show: {', '.join(failed)}", file=sys.stderr)
        return 1
    print("The handlers above are wrong on purpose: each says in its docstring what is wrong with it.")
    return 0


def lint(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "idem_lint", *arguments]
    return subprocess.run(command, check=False, cwd=alone(), capture_output=True, text=True)


@cache
def alone() -> Path:
    """A folder with the bank and nothing else: a project of its own, beside which this one's test cases do not count."""
    folder = Path(mkdtemp(prefix="idem-demo-"))
    atexit.register(shutil.rmtree, folder)
    shutil.copytree(ROOT / BANK, folder / BANK, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def colour() -> list[str]:
    wanted = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return ["--color", "always"] if wanted else []


def say(title: str, command: str) -> None:
    print(f"\n{title}\n\n$ {command}", flush=True)


def report(found: Counter[tuple[str, str]]) -> bool:
    for (code, module), count in sorted((EXPECTED - found).items()):
        print(f"missing: {count} {code} in {module}.py", file=sys.stderr)
    for (code, module), count in sorted((found - EXPECTED).items()):
        print(f"not expected: {count} {code} in {module}.py", file=sys.stderr)
    return found == EXPECTED


if __name__ == "__main__":
    sys.exit(main())
