"""``make bench``: how long the linter takes, as ratios. Prints; writes nothing that git tracks; asserts nothing.

The files are those of packages, as their wheels have them. Every measurement is a fresh process on the same files, after one
on few of them that is not counted (it leaves the tool's byte code behind); the median counts, of rounds in which all commands take their
turns, so that what else the machine does meets all of them alike. Beside the time on the clock stands the processors' time
(user and system), which a busy machine changes less. Peers apply one presence rule: a function below ``@ANYTHING.post(…)``
without ``money_moving`` or ``not_money_moving`` among its decorators. idem-lint applies all its rules, to all frameworks.
How many findings each prints stands beside its time: the peers' must agree.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = HERE / "peers"
BENCH = ROOT / ".venv-bench"
PACKAGES = (
    "django",
    "djangorestframework",
    "django-ninja",
    "fastapi",
    "starlette",
    "fastapi-users",
    "fschat",
)
WARM = "fastapi_users"
JOBS = "2"
WIDTH = 40
OLDER_EXCEPT = re.compile(rb"^(\s*except )\(([\w., ]+,[\w., ]+)\):", re.MULTILINE)
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Byte code is kept, as where a tool is installed: compiling idem-lint itself is not what linting costs."""


@dataclass
class Command:
    """A program to measure: ``found`` counts the findings in its output."""

    name: str
    arguments: list[str]
    folder: Path
    found: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    processors: list[float] = field(default_factory=list)
    count: int = 0
    before: Callable[[], object] = lambda: None

    def warm(self) -> None:
        """A run that is not counted, on little: whatever the tool keeps of itself is there afterwards."""
        *rest, last = self.arguments
        replace(self, arguments=[*rest, WARM if last == "." else last], times=[], processors=[]).run()

    def run(self) -> None:
        self.before()
        started, before = time.perf_counter(), _processors()
        done = subprocess.run(
            self.arguments,
            check=False,
            cwd=self.folder,
            capture_output=True,
            text=True,
            env=ENVIRONMENT | self.environment,
        )
        self.times.append(time.perf_counter() - started)
        self.processors.append(_processors() - before)
        if done.returncode not in (0, 1, 4, 8, 16) or "Traceback" in done.stderr:
            sys.exit(
                f"{self.name} failed ({done.returncode}): {' '.join(self.arguments)}\n{done.stdout[-500:]}{done.stderr[-2000:]}"
            )
        self.count = done.stdout.count(self.found) if self.found else 0

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def processor(self) -> float:
        return statistics.median(self.processors)


def _processors() -> float:
    """User and system seconds of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure idem-lint against reading the files and against other tools."
    )
    parser.add_argument("--runs", type=int, default=5, help="rounds; the median counts (default: 5)")
    parser.add_argument(
        "--peer-runs",
        type=int,
        default=1,
        help="rounds with the other tools, which take minutes (default: 1)",
    )
    parser.add_argument("--no-peers", action="store_true", help="do not install or run other tools")
    options = parser.parse_args()
    corpus = downloaded()
    files = sorted(corpus.rglob("*.py"))
    lines = sum(file.read_bytes().count(b"\n") for file in files)
    print(
        f"{len(files)} files, {lines / 1000:.0f} KLOC of {', '.join(PACKAGES)}; {os.cpu_count()} cores; Python {sys.version.split()[0]}"
    )
    outside(corpus, options.runs)
    inside(corpus, options.runs if options.no_peers else options.peer_runs, peers=not options.no_peers)
    start(options.runs)


def outside(corpus: Path, runs: int) -> None:
    """No file is in a money domain."""
    floor = Command("read every file, one byte regex", python("peers/floor.py", "."), corpus)
    ours = Command("idem-lint", [*idem_lint(), "."], corpus, found=": IDM")
    table("nothing in a money domain (target: 1.5 times reading)", measured([floor, ours], runs), floor)


def inside(corpus: Path, runs: int, *, peers: bool) -> None:
    """Every file is. Cold is without a cache, warm with that of the run before, and the third with one file changed since."""
    all_rules = [*idem_lint(), "--all-domains"]
    changed = corpus / WARM / "bench_changed.py"
    rows = [
        Command("idem-lint, cold", [*all_rules, "--no-cache", "."], corpus, found=": IDM"),
        Command("idem-lint, warm", [*all_rules, "."], corpus, found=": IDM"),
        Command(
            "idem-lint, one file changed",
            [*all_rules, "."],
            corpus,
            found=": IDM",
            before=lambda: changed.write_text(f"x = {time.time()}\n", encoding="utf-8"),
        ),
    ]
    changed.write_text("x = 1\n", encoding="utf-8")
    subprocess.run(rows[1].arguments, check=False, cwd=corpus, capture_output=True)  # what "warm" finds
    others = presence(corpus) if peers else []
    unit = next((command for command in others if command.name == "ast-grep"), rows[0])
    table(
        "everything in scope (targets: cold 3 times ast-grep, warm once, one file changed 0.3 s; a fifth of the others)",
        measured([*rows, *others], runs),
        unit,
    )


def presence(corpus: Path) -> list[Command]:
    """The peers with the presence rule; those that cannot be installed are named and left out."""
    path = {"PYTHONPATH": str(PEERS)}
    commands = {
        "flake8": Command(
            "flake8",
            [
                program("flake8", "flake8"),
                "--config",
                str(PEERS / "flake8.ini"),
                "--select",
                "PRS",
                "-j",
                JOBS,
                ".",
            ],
            corpus,
            "PRS001",
            path,
        ),
        "pylint": Command(
            "pylint",
            [
                program("pylint", "pylint"),
                "--rcfile",
                os.devnull,
                "--load-plugins",
                "pylint_presence",
                "--disable",
                "all",
                "--enable",
                "money-mark-missing",
                "-j",
                JOBS,
                "--recursive",
                "y",
                ".",
            ],
            corpus,
            "money-mark-missing",
            path,
        ),
        "fixit": Command("Fixit", [program("fixit", "fixit"), "lint", "."], corpus, "MoneyMarkMissing"),
        "semgrep": Command(
            "semgrep",
            [
                program("semgrep", "semgrep"),
                "scan",
                "--config",
                str(PEERS / "semgrep.yml"),
                "--metrics",
                "off",
                "--disable-version-check",
                "--no-git-ignore",
                "--quiet",
                "--json",
                "-j",
                JOBS,
                ".",
            ],
            corpus,
            '"check_id"',
            {"PATH": f"{BENCH / 'semgrep' / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        ),
        "ast-grep-cli": Command(
            "ast-grep",
            [
                program("ast-grep-cli", "ast-grep"),
                "scan",
                "--rule",
                str(PEERS / "ast-grep.yml"),
                "--threads",
                JOBS,
                "--no-ignore",
                "hidden",
                "--report-style",
                "short",
                ".",
            ],
            corpus,
            "money-mark-missing",
        ),
    }
    missing = [name for name, command in commands.items() if not Path(command.arguments[0]).exists()]
    if missing:
        print(f"not installed, so not measured: {', '.join(missing)}")
    return [command for name, command in commands.items() if name not in missing]


def start(runs: int) -> None:
    """What every editor and every commit pays."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "wallet").mkdir()
        (project / "pyproject.toml").touch()
        (project / "other.py").write_text("x = 1\n", encoding="utf-8")
        (project / "wallet" / "clean.py").write_text(SAMPLE.format(mark="@money_moving\n"), encoding="utf-8")
        (project / "wallet" / "found.py").write_text(SAMPLE.format(mark=""), encoding="utf-8")
        floor = Command(
            'python -c "import argparse, ast"', [sys.executable, "-c", "import argparse, ast"], project
        )
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
            measured(rows, max(runs, 3) * 5),
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


def measured(commands: list[Command], runs: int) -> list[Command]:
    for command in commands:
        command.warm()
    for _ in range(runs):
        for command in commands:
            command.run()
    return commands


def table(title: str, commands: list[Command], unit: Command) -> None:
    print(
        f"\n{title}\n{'':{WIDTH}} {'clock':>9} {'ratio':>7} {'processor':>10} {'ratio':>7} {'findings':>9}  clock, all rounds"
    )
    for command in commands:
        clock, processor = command.median, command.processor
        print(
            f"{command.name:{WIDTH}} {clock:7.3f} s {clock / unit.median:7.2f} {processor:8.3f} s"
            f" {processor / unit.processor:7.2f} {command.count:9}  {min(command.times):.3f}-{max(command.times):.3f} s",
            flush=True,
        )


def downloaded() -> Path:
    """The packages' files, kept between runs outside the repository (which would ignore them)."""
    corpus = Path(tempfile.gettempdir()) / f"idem-guard-bench-newer-{'-'.join(PACKAGES)}"
    if not (corpus / "complete").exists():
        shutil.rmtree(corpus, ignore_errors=True)
        python = environment("pip") / "python"
        command = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-compile",
            "--target",
            corpus,
            *PACKAGES,
        ]
        subprocess.run(command, check=True)
        with_newer_syntax(corpus)
        (corpus / "pyproject.toml").touch()  # the root of the project that is judged
        shutil.copy(PEERS / "fixit_presence.py", corpus / "fixit_presence.py")
        shutil.copy(PEERS / "fixit.toml", corpus / "fixit.toml")
        (corpus / ".semgrepignore").touch()  # without it semgrep leaves out what is called test
        (corpus / "complete").touch()
    return corpus


def with_newer_syntax(corpus: Path) -> None:
    """``except (A, B):`` as Python 3.14's formatters write it, where it stands on one line: so services look now."""
    for path in corpus.rglob("*.py"):
        source = path.read_bytes()
        newer = OLDER_EXCEPT.sub(rb"\1\2:", source)
        if newer != source:
            path.write_bytes(newer)


def environment(package: str) -> Path:
    """The programs of an environment that holds one tool: their requirements contradict each other."""
    folder = BENCH / package
    if not (folder / "complete").exists():
        subprocess.run([ROOT / ".ci" / "environment", folder, sys.executable, package], check=True, cwd=ROOT)
        (folder / "complete").touch()
    return folder / "bin"


def program(package: str, name: str) -> str:
    """The tool's program; a path that is not there where it cannot be installed."""
    try:
        return str(environment(package) / name)
    except subprocess.CalledProcessError:
        return str(BENCH / package / "missing")


if __name__ == "__main__":
    main()
