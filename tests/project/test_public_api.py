"""What others rely on changes only knowingly."""

from __future__ import annotations

from tests.project.public_api import COMMITTED, described


def test_the_public_interface_is_the_committed_one() -> None:
    assert described() == COMMITTED.read_text(encoding="utf-8"), (
        "the public interface has changed: docs/stability.md says what that takes; then python -m tests.project.public_api"
    )
