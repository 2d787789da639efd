"""Type checkers run here, not the packages."""

from __future__ import annotations

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """What they start is not measured for coverage."""
    item.add_marker(pytest.mark.processes_not_measured)
