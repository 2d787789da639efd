"""The sample bank: the three front ends say the same of it, and its handlers are real."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import ROOT

BANK = ROOT / "examples" / "bank"
PER_PROJECT = {"IDM011"}  # the comment silences flake8 before it could say so

Said = set[tuple[str, int, str]]


def run(*command: str, cwd: Path = ROOT, returncode: int | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], check=False, cwd=cwd, capture_output=True, text=True
    )
    assert returncode is None or done.returncode == returncode, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bank and nothing else, as a project of its own."""
    folder: Path = tmp_path_factory.mktemp("alone")
    shutil.copytree(BANK, folder / "examples" / "bank", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def said_by_command_line(alone: Path) -> Said:
    told = run("idem_lint", "examples/bank", "--format", "json", cwd=alone, returncode=1)
    findings = json.loads(told)["findings"]
    return {(finding["file"], finding["line"], finding["code"]) for finding in findings}


def said_by_flake8(alone: Path) -> Said:
    told = run("flake8", "--select", "IDM", "examples/bank", cwd=alone)
    lines = re.findall(r"^(\S+?):(\d+):\d+: (IDM\d+) ", told, re.MULTILINE)
    return {(file, int(line), code) for file, line, code in lines}


def wrong_on_purpose() -> set[tuple[str, str]]:
    """The handlers whose docstring says that they are wrong."""
    return {
        (path.relative_to(ROOT).as_posix(), node.name)
        for path in BANK.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (ast.get_docstring(node) or "").startswith("Wrong: ")
    }


def function_at(file: str, line: int) -> str:
    nodes = ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
    return next(
        node.name
        for node in nodes
        if isinstance(node, ast.FunctionDef) and node.lineno <= line < node.body[0].lineno
    )


def test_flake8_says_what_the_command_line_says_at_the_same_lines(alone: Path) -> None:
    command_line = said_by_command_line(alone)
    assert said_by_flake8(alone) == {finding for finding in command_line if finding[2] not in PER_PROJECT}
    assert {finding[2] for finding in command_line} >= PER_PROJECT


def test_exactly_the_handlers_that_call_themselves_wrong_are_found(alone: Path) -> None:
    found = {(file, function_at(file, line)) for file, line, _ in said_by_command_line(alone)}
    assert found == wrong_on_purpose()


def test_the_inventory_is_the_routing_table(alone: Path) -> None:
    question = (
        "import json, sys; sys.path.insert(0, 'examples')\n"
        "from bank.main import app\n"
        "paths = app.openapi()['paths']\n"
        "print(json.dumps([sum('post' in methods for methods in paths.values())]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", question], check=True, cwd=ROOT, capture_output=True, text=True
    )
    (served,) = json.loads(done.stdout)
    told = run("idem_lint", "inventory", "examples/bank", "--format", "json", cwd=alone, returncode=0)
    inventory = json.loads(told)
    posts = [handler for handler in inventory["handlers"] if "POST" in handler["methods"]]
    # instant_transfer has two paths; partner's methods are undecided; bonus is in a module that nobody can import.
    assert len(posts) + 1 + len(inventory["undecided"]) - 1 == served
    assert [row["qualname"] for row in inventory["undecided"]] == ["partner"]


@pytest.mark.parametrize("module", ["bank.payroll.bonuses"])
def test_the_runtime_refuses_what_the_linter_calls_contradictory(module: str) -> None:
    code = f"import sys; sys.path.insert(0, 'examples'); import {module}"
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "marked both" in done.stderr


@pytest.mark.slow  # it starts a server
def test_the_demo_shows_what_it_is_there_to_show() -> None:
    done = subprocess.run(
        [sys.executable, "examples/demo.py"], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "idem-lint explain IDM003" in done.stdout
