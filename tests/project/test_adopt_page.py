"""The page about adoption shows what the commands say, and its project ends as the page says."""

from __future__ import annotations

from tests.project.adopt_page import PAGE, regenerated


def test_the_page_is_what_its_commands_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert regenerated(text) == text, "run: python -m tests.project.adopt_page"
    for end in ("2 routes agree, 0 do not", "2 handlers, as locked", "1 known finding left out"):
        assert end in text
