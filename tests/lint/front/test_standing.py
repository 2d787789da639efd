"""How an entry point stands: what a payments lead asks of it."""

from __future__ import annotations

from datetime import date

import pytest

from idem_lint.reports.standing import (
    STANDINGS,
    entries,
    is_over,
    kind_of,
    moves_money,
    opt_outs,
    requests_of,
    standing,
)
from tests.lint.front.inventories import FULL
from tests.lint.front.values import handler, opt_out


def test_every_entry_point_has_a_standing_and_the_most_urgent_come_first() -> None:
    found = [(entry.qualname, standing(entry).key) for entry in entries(FULL)]
    assert found == [
        ("routes.<locals>.pay", "unprotected"),
        ("accrue", "unprotected"),
        ("lie", "contradicted"),
        ("hint", "suspected"),
        ("undecided_yet", "unmarked"),
        ("topup", "guarded"),
        ("odd", "marked"),
        ("transfer", "marked"),
        ("later", "covered"),
        ("over", "opted-out"),
        ("for_ever", "opted-out"),
        ("unreasoned", "opted-out"),
        ("show", "quiet"),
        ("bank.Ledger/Post", "quiet"),
        ("note", "quiet"),
        ("list", "quiet"),
    ]


def test_there_is_one_of_each_in_the_example() -> None:
    assert {standing(entry).key for entry in entries(FULL)} == {each.key for each in STANDINGS}


def test_what_says_that_it_moves_money_moves_money() -> None:
    moving = {entry.qualname for entry in entries(FULL) if moves_money(entry)}
    assert moving == {"routes.<locals>.pay", "lie", "topup", "transfer", "odd", "accrue", "later"}


def test_opt_outs_that_end_first_are_first() -> None:
    found = [(entry.qualname, mark.until) for entry, mark in opt_outs(entries(FULL))]
    assert found == [
        ("over", "2020-01-31"),
        ("lie", "2031-05-01"),
        ("unreasoned", "soon"),
        ("for_ever", None),
    ]


@pytest.mark.parametrize(
    ("until", "over"), [(None, False), ("2026-01-01", False), ("2025-12-31", True), ("soon", True)]
)
def test_the_last_day_is_still_inside_and_what_is_no_day_never_was(until: str | None, over: bool) -> None:
    assert is_over(opt_out(until=until), date(2026, 1, 1)) is over


def test_what_reaches_it_is_said_as_requests() -> None:
    said = {entry.qualname: (requests_of(entry), kind_of(entry)) for entry in entries(FULL)}
    assert said["routes.<locals>.pay"] == (
        ["POST /wallet/payments", "POST /v1/wallet/payments"],
        "fastapi handler",
    )
    assert said["bank.Ledger/Post"] == (["RPC /bank.Ledger/Post"], "fastapi RPC")
    assert said["accrue"] == ([], "Celery task")
    assert said["show"] == (["GET /a"], "handler")
    assert said["list"] == (["GET"], "handler")
    assert requests_of(handler(route=None)) == ["POST"]
