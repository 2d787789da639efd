"""The cases of Bottle, confirmed by Bottle itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.casecheck import case_params, check_framework_confirms, check_inventory
from tests.lint.inventory import handlers_of


@pytest.mark.parametrize("case", case_params("bottle"))
def test_the_framework_confirms_the_case(case: Path) -> None:
    check_framework_confirms("bottle", case)


@pytest.mark.parametrize("case", case_params("bottle"))
def test_the_linter_finds_what_the_framework_serves(case: Path) -> None:
    check_inventory(case, handlers_of(case))
