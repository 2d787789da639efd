"""Whoever does what the tutorial says sees what it says."""

from __future__ import annotations

import pytest

from idem_runtime.testing import postgres_server
from tests.project import tutorial


@pytest.mark.parametrize(
    ("expected", "printed", "is_one"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ('{"id":…}', '{"id":7}', True),
        ("…", "", True),
        ("(a)\n…\nz", "(a)\nb\nc\nz", True),
        ("(a)\n…\nz", "(a)\nb", False),
    ],
)
def test_dots_stand_for_anything(expected: str, printed: str, is_one: bool) -> None:
    assert tutorial.matches(expected, printed) == is_one


@pytest.mark.slow
@pytest.mark.exhaustive
def test_every_block_prints_what_the_page_says(tmp_path) -> None:
    server = postgres_server.start()
    try:
        blocks = tutorial.done(tmp_path, server.dsn(), postgres_server.free_port())
    finally:
        postgres_server.stop(server)
    assert len(blocks) == 6
    assert [
        (expected, printed) for expected, printed in blocks if not tutorial.matches(expected, printed)
    ] == []
