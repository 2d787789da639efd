from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.casecheck import case_params, check_framework_confirms


@pytest.mark.parametrize("case", case_params("drf"))
def test_the_framework_itself_confirms_the_expected_handlers(case: Path) -> None:
    check_framework_confirms("drf", case)
