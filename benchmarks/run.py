"""``make bench``: how long the linter takes, as ratios. Prints; asserts nothing; ``--write`` keeps the figures of the pages.

The files are those of packages (``lint/corpus.py``). Every measurement is a fresh process on the same files, after one on
few of them that is not counted (it leaves the tool's byte code behind); the median counts, of rounds in which all commands
take their turns, so that what else the machine does meets all of them alike. Beside the time on the clock stands the
processors' time (user and system), which a busy machine changes less, and the most memory that one process held. Peers
apply one presence rule (``lint/presence.py``). idem-lint applies all its rules, to all frameworks. How many findings each
prints stands beside its time: the peers' must agree.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import figures
from benchmarks.lint.corpus import HERE, PACKAGES, downloaded, of_size, with_peers_files
from benchmarks.lint.measure import Command, measurable, measured, table
from benchmarks.lint.presence import JOBS, presence

WARM = "fastapi_users"
FLAKE8 = ("rest_framework", "ninja", "fastapi", "starlette", "fastapi_users")
SIZES = (100, 1000, 10_000)
PEERS_SIZES = (100, 1000)
"""Numbers of files on which the peers are measured as well: some of them take minutes for more."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure idem-lint against reading the files and against other tools."
    )
    parser.add_argument("--runs", type=int, default=3, help="rounds; the median counts (default: 3)")
    parser.add_argument(
        "--peer-runs", type=int, default=1, help="rounds with the slow tools, which take minutes (default: 1)"
    )
    parser.add_argument("--no-peers", action="store_true", help="do not install or run other tools")
    parser.add_argument(
        "--only",
        choices=("outside", "inside", "flake8", "sizes", "start"),
        action="append",
        help="one of the tables",
    )
    figures.add_option(parser)
    options = parser.parse_args()
    where = figures.conditions()
    chosen = options.only or ("outside", "inside", "flake8", "sizes", "start")
    corpus = downloaded()
    files = sorted(corpus.rglob("*.py"))
    lines = sum(file.read_bytes().count(b"\n") for file in files)
    print(
        f"{len(files)} files, {lines / 1000:.0f} KLOC of {', '.join(PACKAGES)}; {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}; Python {sys.version.split()[0]}"
    )
    if "outside" in chosen:
        outside(corpus, options.runs)
    if "inside" in chosen:
        inside(corpus, options.runs, options.peer_runs, peers=not options.no_peers)
    if "flake8" in chosen:
        flake8(corpus, options.runs)
    if "sizes" in chosen:
        rows = sizes(corpus, peers=not options.no_peers)
        if options.write:
            absent = ["the peers"] if options.no_peers else []
            command = "python benchmarks/run.py --only sizes"
            figures.keep_whole("linter", absent, command=command, where=where, rows=rows)
    if "start" in chosen:
        start(options.runs)


def outside(corpus: Path, runs: int) -> None:
    """No file is in a money domain."""
    floor = Command("read every file, one byte regex", python("peers/floor.py", "."), corpus)
    ours = Command("idem-lint", [*idem_lint(), "."], corpus, found=": IDM", warm_on=WARM)
    table("nothing in a money domain (target: 1.5 times reading)", measured([floor, ours], runs), floor)


def inside(corpus: Path, runs: int, peer_runs: int, *, peers: bool) -> None:
    """Every file is. Cold is without a cache, warm with that of the run before, and the third with one file changed since."""
    all_rules = [*idem_lint(), "--all-domains"]
    changed = corpus / WARM / "bench_changed.py"

    def change() -> None:
        changed.write_text(f"x = {time.time()}\n", encoding="utf-8")

    rows = [
        Command("idem-lint, cold", [*all_rules, "--no-cache", "."], corpus, found=": IDM", warm_on=WARM),
        Command("idem-lint, warm", [*all_rules, "."], corpus, found=": IDM", warm_on=WARM),
        Command("idem-lint, one file changed", [*all_rules, "."], corpus, found=": IDM", before=change),
    ]
    change()
    subprocess.run(rows[1].arguments, check=False, cwd=corpus, capture_output=True)  # what "warm" finds
    others = presence(corpus, WARM) if peers else []
    quick = [command for command in others if command.name == "ast-grep"]
    measured([*rows, *quick], runs)
    slow = measurable([command for command in others if command not in quick], peer_runs)
    table(
        "everything in scope (targets: cold 3 times ast-grep, warm once, one file changed 0.3 s; a fifth of the others)",
        [*rows, *quick, *slow],
        next(iter(quick), rows[0]),
    )


def flake8(corpus: Path, runs: int) -> None:
    """flake8 with what it does by itself, and with our plugin beside that: every file in a money domain, without what an
    earlier run has left and with it.
    """
    options = ["--isolated", "--select", "E9,F63,F7,F82,IDM", "-j", JOBS, "."]
    program = [str(Path(sys.executable).with_name("flake8")), *options]
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "pyproject.toml").touch()
        for name in FLAKE8:
            shutil.copytree(corpus / name, project / "wallet" / name)
        forget = partial(shutil.rmtree, project / ".idem_lint_cache", ignore_errors=True)
        alone = Command("flake8", python("peers/flake8_alone.py", *options), project)
        cold = Command("flake8 with idem-guard, cold", program, project, found=": IDM", before=forget)
        warm = Command("flake8 with idem-guard, warm", program, project, found=": IDM")
        table(
            f"flake8 on {', '.join(FLAKE8)} in a money domain (target: 1.3 times)",
            measured([alone, cold, warm], runs),
            alone,
        )


def sizes(corpus: Path, *, peers: bool) -> list[dict[str, Any]]:
    """Cold, everything in scope, on ever more files, beside the peers: a row's time for each file says how it grows."""
    kept: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for count in SIZES:
            project = of_size(corpus, count, Path(folder))
            options = ["--all-domains", "--no-cache", "--quiet", "."]
            ours = Command("idem-lint", [*idem_lint(), *options], project, found=": IDM")
            ours.run()
            others: list[Command] = []
            if peers and count in PEERS_SIZES:
                with_peers_files(project)
                others = measurable(presence(project, "."), 1)
            table(f"{count:,} files, cold (target: linear)", [ours, *others], ours)
            print(f"{ours.median / count * 1000:.2f} ms and {ours.memory / count:.1f} KB a file")
            kept += [
                {
                    "table": count,
                    "name": command.name,
                    "clock": round(command.median, 3),
                    "processor": round(command.processor, 3),
                    "memory": round(command.memory / 1024),
                }
                for command in [ours, *others]
            ]
    return kept


def start(runs: int) -> None:
    """What every editor and every commit pays."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "wallet").mkdir()
        (project / "pyproject.toml").touch()
        (project / "other.py").write_text("x = 1\n", encoding="utf-8")
        (project / "wallet" / "clean.py").write_text(SAMPLE.format(mark="@money_moving\n"), encoding="utf-8")
        (project / "wallet" / "found.py").write_text(SAMPLE.format(mark=""), encoding="utf-8")
        imports = [sys.executable, "-c", "import argparse, ast"]
        floor = Command('python -c "import argparse, ast"', imports, project)
        rows = [
            floor,
            Command("idem-lint --help", [*idem_lint(), "--help"], project),
            Command("idem-lint, one clean file", [*idem_lint(), "other.py"], project, found=": IDM"),
            Command(
                "idem-lint, one clean money file", [*idem_lint(), "wallet/clean.py"], project, found=": IDM"
            ),
            Command(
                "idem-lint, one file with a finding",
                [*idem_lint(), "wallet/found.py"],
                project,
                found=": IDM",
            ),
            Command('python -c "import libcst"', [sys.executable, "-c", "import libcst"], project),
        ]
        table(
            "start-up (targets: under 2 times; with a finding under 0.4 s)",
            measured(rows, max(runs, 3) * 3),
            floor,
        )


SAMPLE = """from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.post("/wallet/transfers")
{mark}def transfer(amount: int) -> dict[str, int]:
    return {{"amount": amount}}
"""


def idem_lint() -> list[str]:
    return [str(Path(sys.executable).with_name("idem-lint"))]


def python(script: str, *arguments: str) -> list[str]:
    return [sys.executable, str(HERE / script), *arguments]


if __name__ == "__main__":
    main()
