"""What is measured for coverage, and what is not."""

from __future__ import annotations

import os

import pytest

from tests.conftest import MEASURED


def test_processes_of_a_test_are_measured_where_coverage_is(request: pytest.FixtureRequest) -> None:
    assert (MEASURED in os.environ) == request.config.pluginmanager.hasplugin("_cov")


@pytest.mark.processes_not_measured
def test_processes_of_a_test_that_is_marked_so_are_not() -> None:
    assert MEASURED not in os.environ
