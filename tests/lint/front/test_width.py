"""Help is as wide as the terminal."""

from __future__ import annotations

import os

import pytest

from idem_lint.running.option_parsing import _width


def test_columns_of_the_environment_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert _width() == 58


@pytest.mark.parametrize(("columns", "width"), [(120, 118), (0, 78)])
def test_else_the_terminal_decides_if_it_says_something(
    columns: int, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(os, "get_terminal_size", lambda _descriptor: os.terminal_size((columns, 24)))
    assert _width() == width


def test_without_a_terminal_it_is_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_terminal(_descriptor: int) -> os.terminal_size:
        raise OSError

    monkeypatch.setenv("COLUMNS", "wide")
    monkeypatch.setattr(os, "get_terminal_size", no_terminal)
    assert _width() == 78
