"""What is printed is for reading, and cannot harm a terminal."""

from __future__ import annotations

import pytest

from idem_runtime.operate import terminal_output
from idem_runtime.protocol.scope import scope_of
from tests.runtime.commands.conftest import ROW, Database, Run


def test_what_callers_chose_cannot_move_the_cursor(run: Run, dsn: str, db: Database) -> None:
    scope = scope_of(("al\x1b[2Jice\n", "pay"))
    db.execute(ROW, (scope, "k", "-1 s", "-1 s"))
    db.execute(ROW, ("no scope", "k", "-1 s", "-1 s"))
    for said in (
        run("list", "--dsn", dsn)[1],
        run("show", scope, "k", "--dsn", dsn)[1],
        run("show", "\x1b", "k", "--dsn", dsn)[1],
    ):
        assert "\x1b" not in said
    assert r"al\x1b[2Jice\n" in said or "no scope" in said


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "under 1 s"),
        (12, "12 s"),
        (60, "1 min"),
        (3_725, "1 h 2 min"),
        (3_605, "1 h"),
        (266_400, "3 d 2 h"),
    ],
)
def test_durations_are_for_reading(seconds: float, text: str) -> None:
    assert terminal_output.duration(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (24_576, "24.6 kB"), (3e9, "3.0 GB"), (4e18, "4000000.0 TB")],
)
def test_sizes_are_for_reading(amount: float, text: str) -> None:
    assert terminal_output.size(amount) == text
