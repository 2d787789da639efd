"""The cases of Flask, confirmed by Flask itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from idem_lint.check import inventory
from idem_lint.config import Config
from tests.lint.casecheck import (
    case_params,
    check_framework_confirms,
    check_inventory,
    check_nothing_is_passed_over,
)
from tests.lint.inventory import handlers_of


@pytest.mark.parametrize("case", case_params("flask"))
def test_the_framework_confirms_the_case(case: Path) -> None:
    check_framework_confirms("flask", case)


@pytest.mark.parametrize("case", case_params("flask", undecidable=False))
def test_the_linter_finds_what_the_framework_serves(case: Path) -> None:
    check_inventory(case, handlers_of(case))


@pytest.mark.parametrize("case", case_params("flask", undecidable=True))
def test_the_linter_says_what_it_cannot_decide(case: Path) -> None:
    result = inventory([case], replace(Config(root=case), all_domains=True))
    places = {
        (Path(item.place.file).resolve().relative_to(case).as_posix(), item.place.line)
        for item in result.undecided
    }
    check_nothing_is_passed_over(case, handlers_of(case), places)
