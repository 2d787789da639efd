"""A fault in one file is a finding in that file: every other file is judged, and nobody's editor crashes."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from idem_lint.engine import imports
from idem_lint.engine.module_facts import Module
from idem_lint.engine.value_types import Func
from idem_lint.finding.find_handlers import Finder
from idem_lint.finding.interface import Registration
from idem_lint.judging import handwritten_idempotency
from idem_lint.judging.mark_placement import Entry, Placement
from idem_lint.rules import RULES
from idem_lint.running.flake8_run import check_file
from tests.lint.front.project import Shell

HANDLER = (
    "from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n@router.post('/a')\ndef transfer(): ...\n"
)
OTHER = HANDLER.replace("transfer", "payout")
FINE, FAULTY = "wallet/fine.py", "wallet/faulty.py"
FOUND_BESIDE = "wallet/fine.py:7 IDM001"


@pytest.mark.parametrize("comment", [b"# caf\xe9\n", b"x = 1  # caf\xe9\n", b"'''\xe9'''\n"])
@pytest.mark.parametrize("where", ["wallet/views.py", "wallet/views.pyw"])
def test_a_byte_that_is_not_of_the_encoding_is_a_finding_of_its_file_alone(
    where: str, comment: bytes, shell: Shell
) -> None:
    shell.write({where: HANDLER.encode() + comment, FINE: OTHER})
    ran = shell.run()
    assert (ran.code, ran.findings) == (1, [FOUND_BESIDE, f"{where}:8 IDM900"])


def test_a_byte_that_is_not_of_the_encoding_is_said_of_a_file_without_a_handler(shell: Shell) -> None:
    shell.write({"wallet/plain.py": b"x = 1\n# caf\xe9\n"})
    assert shell.run().findings == ["wallet/plain.py:2 IDM900"]


def _raise(*_: object) -> NoReturn:
    raise ZeroDivisionError("division by zero\nand more")


def _fails_on_faulty(
    original: Callable[..., Iterator[Registration]],
) -> Callable[..., Iterator[Registration]]:
    def replaced(self: Finder, module: Module, *more: object) -> Iterator[Registration]:
        return _raise() if module.path.name == "faulty.py" else original(self, module, *more)

    return replaced


@pytest.mark.parametrize("method", ["registrations", "class_views"])
def test_a_fault_of_the_finder_is_a_finding_in_the_file_it_looked_at(
    method: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Finder, method, _fails_on_faulty(getattr(Finder, method)))
    shell.write({FAULTY: HANDLER, FINE: OTHER})
    ran = shell.run()
    assert ran.code == 2
    assert FOUND_BESIDE in ran.findings
    assert any(found.startswith("wallet/faulty.py:1 IDM900") for found in ran.findings)
    assert "ZeroDivisionError: division by zero (" in ran.out
    assert "and more" not in ran.out
    assert "a fault of idem-lint itself" in ran.err


def test_the_finding_names_the_line_that_was_looked_at(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Finder, "_by_decorator", _raise)
    shell.write({FAULTY: HANDLER})
    assert shell.run().findings == ["wallet/faulty.py:7 IDM900"]


def test_what_was_found_before_the_fault_is_reported(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handwritten_idempotency, "sites", _raise)
    shell.write({FAULTY: HANDLER})
    assert shell.run().findings == ["wallet/faulty.py:1 IDM900", "wallet/faulty.py:7 IDM001"]


def test_a_fault_at_one_definition_leaves_the_others(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Placement.entries

    def failing(self: Placement, definition: Func, *rest: Any) -> Iterator[Entry]:
        return _raise() if definition.node.name == "transfer" else original(self, definition, *rest)

    monkeypatch.setattr(Placement, "entries", failing)
    shell.write({FAULTY: HANDLER + "\n\n@router.post('/b')\ndef payout(): ...\n"})
    assert shell.run().findings == ["wallet/faulty.py:7 IDM900", "wallet/faulty.py:11 IDM001"]


def test_a_fault_while_a_file_is_loaded_is_a_finding(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    original = imports.read_module

    def failing(name: str, path: Path, tree: ast.Module, source: bytes, **more: Any) -> object:
        if path.name == "faulty.py":
            raise ValueError
        return original(name, path, tree, source, **more)

    monkeypatch.setattr(imports, "read_module", failing)
    shell.write({FAULTY: HANDLER, FINE: OTHER})
    ran = shell.run()
    assert (ran.code, ran.findings) == (2, ["wallet/faulty.py:1 IDM900", FOUND_BESIDE])
    assert "please report this: ValueError (" in ran.out


def test_a_file_that_no_stack_is_deep_enough_for_is_a_finding(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = imports.read_module

    def failing(name: str, path: Path, tree: ast.Module, source: bytes, **more: Any) -> object:
        if path.name == "faulty.py":
            raise RecursionError
        return original(name, path, tree, source, **more)

    monkeypatch.setattr(imports, "read_module", failing)
    shell.write({FAULTY: HANDLER, FINE: OTHER})
    ran = shell.run()
    assert (ran.code, ran.findings) == (1, ["wallet/faulty.py:1 IDM900", FOUND_BESIDE])
    assert "nested too deeply" in ran.out


def test_a_rule_that_fails_is_a_finding_and_the_other_rules_speak(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(RULES[1]), "check", _raise)
    shell.write({FINE: OTHER})
    ran = shell.run()
    assert (ran.code, ran.findings) == (2, ["wallet/fine.py:1 IDM900", FOUND_BESIDE])


def test_the_inventory_says_where_it_failed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Finder, "_by_decorator", _raise)
    shell.write({FAULTY: HANDLER})
    ran = shell.run("inventory", "--format", "json")
    assert ran.code == 2
    (failed,) = json.loads(ran.out)["failed"]
    assert (failed["file"], failed["line"]) == (FAULTY, 7)
    assert "failed: wallet/faulty.py:7: ZeroDivisionError" in shell.run("inventory").out


def test_flake8_says_it_in_the_line_of_the_command(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Finder, "_by_decorator", _raise)
    shell.write({FAULTY: HANDLER})
    found = check_file(FAULTY, HANDLER)
    assert [(finding.code, finding.line) for finding in found] == [("IDM900", 7)]
