"""The cases of every framework, confirmed by the framework itself, and the linter held against them.

``-k flask_smorest/`` runs those of one framework.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config
from tests.lint.casecheck import (
    case_groups,
    case_params,
    check_framework_confirms,
    check_inventory,
    check_nothing_is_passed_over,
    check_routes,
)
from tests.lint.inventory import handlers_of


@pytest.mark.slow  # a process for each case: cases share the names of their modules
@pytest.mark.processes_not_measured  # they run the frameworks
@pytest.mark.parametrize(("framework", "cases"), case_groups())
def test_the_framework_confirms_its_cases(framework: str, cases: list[Path]) -> None:
    check_framework_confirms(framework, cases)


@pytest.mark.parametrize(("framework", "case"), case_params(undecidable=False))
def test_the_linter_finds_what_the_framework_serves(framework: str, case: Path) -> None:
    found = handlers_of(case)
    check_inventory(case, found)
    check_routes(case, found)


@pytest.mark.parametrize(("framework", "case"), case_params(undecidable=True))
def test_the_linter_says_what_it_cannot_decide(framework: str, case: Path) -> None:
    result = inventory([case], Config(root=case, all_domains=True))
    places = {
        (Path(item.place.file).resolve().relative_to(case).as_posix(), item.place.line)
        for item in result.undecided
    }
    check_nothing_is_passed_over(case, handlers_of(case), places)
