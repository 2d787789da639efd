"""Other tools with one presence rule: a function below ``@ANYTHING.post(…)`` with neither mark among its decorators."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.lint.corpus import BENCH, PEERS, path_with, program
from benchmarks.lint.measure import Command

JOBS = "2"


def presence(corpus: Path, warm_on: str) -> list[Command]:
    """The peers; those that cannot be installed are named and left out."""
    commands = {
        "ast-grep-cli": _ast_grep(corpus),
        "flake8": _flake8(corpus),
        "pylint": _pylint(corpus),
        "fixit": Command(
            "Fixit", [program("fixit", "fixit"), "lint", "."], corpus, "MoneyMarkMissing", exits=range(4)
        ),
        "semgrep": _semgrep(corpus),
    }
    for command in commands.values():
        command.warm_on = warm_on
    missing = [name for name, command in commands.items() if not Path(command.arguments[0]).exists()]
    if missing:
        print(f"not installed, so not measured: {', '.join(missing)}")
    return [command for name, command in commands.items() if name not in missing]


def _ast_grep(corpus: Path) -> Command:
    options = ["--threads", JOBS, "--no-ignore", "hidden", "--report-style", "short"]
    rule = ["scan", "--rule", str(PEERS / "ast-grep.yml")]
    return Command(
        "ast-grep", [program("ast-grep-cli", "ast-grep"), *rule, *options, "."], corpus, "money-mark-missing"
    )


def _flake8(corpus: Path) -> Command:
    options = ["--config", str(PEERS / "flake8.ini"), "--select", "PRS", "-j", JOBS]
    return Command(
        "flake8 with an ast rule",
        [program("flake8", "flake8"), *options, "."],
        corpus,
        "PRS001",
        {"PYTHONPATH": str(PEERS)},
    )


def _pylint(corpus: Path) -> Command:
    rule = ["--load-plugins", "pylint_presence", "--disable", "all", "--enable", "money-mark-missing"]
    options = ["--rcfile", os.devnull, "-j", JOBS, "--recursive", "y"]
    return Command(
        "pylint",
        [program("pylint", "pylint"), *rule, *options, "."],
        corpus,
        "money-mark-missing",
        {"PYTHONPATH": str(PEERS)},
        exits=range(32),  # each bit is a kind of message
    )


def _semgrep(corpus: Path) -> Command:
    options = [
        "--metrics",
        "off",
        "--disable-version-check",
        "--no-git-ignore",
        "--quiet",
        "--json",
        "-j",
        JOBS,
    ]
    return Command(
        "semgrep",
        [program("semgrep", "semgrep"), "scan", "--config", str(PEERS / "semgrep.yml"), *options, "."],
        corpus,
        '"check_id"',
        {"PATH": path_with(BENCH / "semgrep" / "bin")},
    )
