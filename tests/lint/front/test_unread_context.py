"""A file that nobody asked about and that a money file needs cannot be parsed: every report says so."""

from __future__ import annotations

import json

import pytest

from tests.lint.front.project import MARKED, Shell

BASE = "from flask.views import MethodView\n\n\nclass BankView(MethodView):\n    x = 1\n<<<<<<< HEAD\n"
NEEDS = "from core.base import BankView\n" + MARKED
NOTE = "core/base.py:6:1 cannot be read, so what depends on it is not known: invalid syntax"


@pytest.fixture
def broken(shell: Shell) -> Shell:
    shell.write({"core/base.py": BASE, "wallet/routes.py": NEEDS})
    return shell


def test_the_text_report_says_it_above_the_summary(broken: Shell) -> None:
    ran = broken.run("wallet")
    assert ran.code == 0
    note, summary = ran.out.splitlines()
    assert note == f"note: {NOTE}"
    assert summary.startswith("No findings: 1 file checked")


def test_the_json_report_has_it_as_a_row(broken: Shell) -> None:
    (row,) = json.loads(broken.run("--format", "json").out)["unread"]
    assert row == {"file": "core/base.py", "line": 6, "column": 1, "reason": "invalid syntax"}


def test_sarif_has_it_as_a_notification(broken: Shell) -> None:
    (run,) = json.loads(broken.run("--format", "sarif").out)["runs"]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("core/base.py cannot be read")
    assert notification["locations"][0]["physicalLocation"]["region"] == {"startLine": 6, "startColumn": 1}


def test_github_shows_it_as_a_warning(broken: Shell) -> None:
    assert (
        "::warning file=core/base.py,line=6,title=idem-lint::cannot be read"
        in broken.run("--format", "github").out
    )


def test_the_inventory_lists_it(broken: Shell) -> None:
    assert "unparsed: core/base.py:6: invalid syntax" in broken.run("inventory", "wallet").out


def test_a_file_that_was_asked_for_is_a_finding_and_no_note(broken: Shell) -> None:
    ran = broken.run("core/base.py", "wallet")
    assert ran.findings == ["core/base.py:6 IDM900"]
    assert "note:" not in ran.out
