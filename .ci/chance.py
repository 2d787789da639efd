"""Finds what is covered by chance: runs the tests several ways with coverage, and names what not every run covered.

``chance.py [PATH...]`` (``make chance``, ``make chance FILE=tests/runtime``). The ways: one worker; with no
examples drawn; a shuffled order; and another one with more work than there are cores, so that
whatever waits for a moment waits longer. Exits 1 where a line or a branch is missing in one run and not in another;
what is missing in all of them is counted apart, and named where all tests ran.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CORES = os.cpu_count() or 2
WAYS: dict[str, tuple[list[str], dict[str, str], int]] = {
    # options, environment, processes that only take time
    "one worker": (["-n1"], {}, 0),
    "none drawn": ([f"-n{CORES}"], {"IDEM_EXAMPLES": "given"}, 0),
    "shuffled": ([f"-n{CORES}"], {"IDEM_ORDER": "1"}, 0),
    "slowed": ([f"-n{CORES}"], {"IDEM_ORDER": "2"}, 3 * CORES),
}
Place = tuple[str, str]


def main() -> int:
    paths = sys.argv[1:] or ["tests"]
    with tempfile.TemporaryDirectory(prefix="idem-chance-") as folder:
        missing = {way: run(way, paths, Path(folder, way.replace(" ", "-"))) for way in WAYS}
    everywhere = set.intersection(*missing.values())
    sometimes = set.union(*missing.values()) - everywhere
    for file, place in sorted(sometimes):
        ways = ", ".join(way for way, places in missing.items() if (file, place) in places)
        say(f"by chance: {file}: {place} (missing: {ways})")
    if everywhere:
        say(f"and {len(everywhere)} lines or branches are covered by none of these tests")
        if "tests" in paths:
            for file, place in sorted(everywhere):
                say(f"never: {file}: {place}")
    return 1 if sometimes else 0


def run(way: str, paths: list[str], data: Path) -> set[Place]:
    """What one run did not cover. A test that fails is said, and the others count."""
    options, settings, idlers = WAYS[way]
    environment = {**os.environ, **settings, "PYTHONHASHSEED": "random", "COVERAGE_FILE": f"{data}.data"}
    pytest = [sys.executable, "-m", "pytest", "-q", *options, "--cov", "--cov-fail-under=0"]
    with busy(idlers):
        report = [f"--cov-report=json:{data}.json", *paths]
        done = subprocess.run(
            [*pytest, *report],
            env=environment,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    say(f"{way}: {done.stdout.strip().splitlines()[-1]}")
    return set(places(json.loads(Path(f"{data}.json").read_text(encoding="utf-8"))))


def places(report: dict[str, dict[str, dict[str, list[list[int]]]]]) -> Iterator[Place]:
    """The lines and branches that a report calls missing."""
    for file, row in report["files"].items():
        for line in row["missing_lines"]:
            yield file, f"line {line}"
        for start, end in row["missing_branches"]:
            yield file, f"line {start} to {'the end' if end < 0 else end}"


@contextmanager
def busy(count: int) -> Iterator[None]:
    """As many processes that only take time."""
    idlers = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for idler in idlers:
            idler.kill()
            idler.wait()


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - what the command is for


if __name__ == "__main__":
    sys.exit(main())
