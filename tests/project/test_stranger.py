"""Whoever follows the front page from an empty folder has a protected transfer that survives a kill."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_runtime.testing import postgres_server
from tests.project import stranger, tutorial


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_stranger_gets_from_an_empty_folder_to_a_transfer_that_survives_a_kill(tmp_path: Path) -> None:
    server = postgres_server.start()
    try:
        blocks = stranger.followed(stranger.wheel(tmp_path), server.dsn())
    finally:
        postgres_server.stop(server)
    assert len(blocks) == 3
    assert [
        (expected, printed) for expected, printed in blocks if not tutorial.matches(expected, printed)
    ] == []
