"""Pages, examples, templates and the repository's own tools are held to what they say: the packages have tests of their own."""

from __future__ import annotations

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """What they start is not measured for coverage."""
    item.add_marker(pytest.mark.processes_not_measured)
