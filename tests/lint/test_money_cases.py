"""The small projects about money say what they mean: every handler has an expectation, every chain leads to a line that writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.reports.money import moves
from idem_lint.result_types import EntryPoint, Handler, Write
from tests.lint.inventory import found_in, inventory_of
from tests.lint.moneycases import (
    ENTRIES,
    KINDS,
    POSTS,
    Expectation,
    cases,
    expectations,
    functions,
    more_cases,
    sinks,
)

ALL = [*cases(), *more_cases()]
EACH = [pytest.param(case, id=case.name) for case in ALL]


def named(items: list[Expectation]) -> list[str]:
    return [f"{item.case}/{item.file}:{item.line} {item.qualname}" for item in items]


@pytest.mark.parametrize("case", EACH)
def test_every_post_handler_of_a_case_has_an_expectation_and_none_has_one_in_vain(case: Path) -> None:
    expected = {(item.file, item.line) for item in expectations(case) if item.entry in POSTS}
    found = {
        (Path(handler.place.file).resolve().relative_to(case.resolve()).as_posix(), handler.place.line)
        for handler in found_in(case)
        if "POST" in handler.methods
    }
    assert found == expected


@pytest.mark.parametrize("case", EACH)
def test_an_expectation_is_whole(case: Path) -> None:
    items = expectations(case)
    moving = [item for item in items if item.moves != "no"]
    assert named([item for item in moving if item.kind not in KINDS or not item.chain]) == []
    assert named([item for item in items if item.moves == "no" and (item.kind or item.chain)]) == []
    assert named([item for item in items if item.entry not in ("post", *ENTRIES)]) == []


@pytest.mark.parametrize("case", EACH)
def test_a_chain_goes_from_the_handler_through_functions_to_a_line_that_writes(case: Path) -> None:
    defined = functions(case)
    written = sinks(case)
    wrong: list[Expectation] = []
    for item in expectations(case):
        if item.moves == "no":
            continue
        known = all(any(function.qualname == step for function in defined) for step in item.chain)
        last = [function for function in defined if function.qualname == item.chain[-1]]
        reached = item.without_line or any(
            sink.file == function.file
            and function.line <= sink.line <= function.end
            and item.kind in sink.kinds
            for function in last
            for sink in written
        )
        if not (item.chain[0] == item.qualname and known and reached):
            wrong.append(item)
    assert named(wrong) == []


def test_every_line_that_writes_is_reached_by_a_chain() -> None:
    ends = {(item.case, item.chain[-1]) for case in ALL for item in expectations(case) if item.chain}
    unreached = [
        f"{case.name}/{sink.file}:{sink.line}"
        for case in ALL
        for sink in sinks(case)
        if not any(
            (case.name, function.qualname) in ends
            for function in functions(case)
            if function.file == sink.file and function.line <= sink.line <= function.end
        )
    ]
    assert unreached == []


def test_kinds_certainties_and_entries_all_occur() -> None:
    items = [item for case in ALL for item in expectations(case)]
    assert {item.kind for item in items if item.kind} == set(KINDS)
    assert {item.moves for item in items} == {"sure", "likely", "no"}
    assert {item.entry for item in items} == {"post", *ENTRIES}


@pytest.mark.parametrize("case", EACH)
def test_the_money_map_says_of_each_handler_what_is_expected_of_it(case: Path) -> None:
    inventory = inventory_of(case)
    found: dict[tuple[str, int], Handler | EntryPoint] = {
        (Path(entry.place.file).resolve().relative_to(case.resolve()).as_posix(), entry.place.line): entry
        for entry in (*inventory.entry_points, *inventory.handlers)
    }
    wrong: list[str] = []
    for item in expectations(case):
        handler = found[item.file, item.line]
        chains = [
            tuple(step.qualname for step in write.chain if not step.qualname.endswith("<lambda>"))
            for write in _writes(handler)
        ]
        if moves(handler) != (item.moves if not item.named else "named") and not (
            item.moves == "no" and moves(handler) == "named"
        ):
            wrong.append(f"{named([item])}: {moves(handler)} instead of {item.moves} by {chains}")
        elif item.chain and item.chain not in (
            [chain[: len(item.chain)] for chain in chains] if item.without_line else chains
        ):
            wrong.append(f"{named([item])}: {chains}")
    assert wrong == []


def _writes(handler: Handler | EntryPoint) -> tuple[Write, ...]:
    return handler.money.writes if handler.money is not None else ()
