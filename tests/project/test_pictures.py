"""The front page's pictures show what the programs print."""

from __future__ import annotations

import html
import re

import pytest

from pictures import demo, plots, retry, terminal
from pictures.__main__ import FOLDER
from pictures.palette import PALETTES

MODES = sorted(PALETTES)


def lines_of(picture: str) -> list[str]:
    """The text of each line of a recorded terminal."""
    drawn = re.findall(r'<text [^>]*\by="([\d.]+)"[^>]*>(.*?)</text>', picture)
    lines: dict[str, str] = {}
    for y, text in drawn:
        lines[y] = lines.get(y, "") + html.unescape(text).replace("\u00a0", " ")
    return [line.rstrip() for line in lines.values()]


@pytest.mark.parametrize("mode", MODES)
def test_the_retry_is_drawn_by_the_program(mode: str) -> None:
    assert (FOLDER / f"retry-{mode}.svg").read_text(encoding="utf-8") == retry.picture(mode), (
        "run: make pictures"
    )


def test_the_finding_is_what_the_linter_says_today() -> None:
    said = "".join(terminal.picture("lint", terminal.linted(), "light").split("</style>")[1:])
    for mode in MODES:
        shown = (FOLDER / f"lint-{mode}.svg").read_text(encoding="utf-8").split("</style>")[1]
        assert words(shown) == words(said), "run: make pictures"


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_transfer_still_survives() -> None:
    said = terminal.picture("kill", terminal.protected(), "light").split("</style>")[1]
    for mode in MODES:
        shown = (FOLDER / f"kill-{mode}.svg").read_text(encoding="utf-8").split("</style>")[1]
        assert words(shown) == words(said), "run: make pictures"


def test_the_demo_was_photographed_as_its_page_is() -> None:
    taken = (FOLDER / "demo.sha256").read_text(encoding="utf-8").strip()
    assert taken == demo.digest(), "run: make pictures"
    for mode in MODES:
        assert (FOLDER / f"demo-{mode}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", plots.PLOTS)
def test_a_plot_is_drawn_from_the_kept_figures(name: str, mode: str) -> None:
    drawn = (FOLDER / f"plot-{name}-{mode}.svg").read_text(encoding="utf-8")
    assert drawn == plots.picture(name, mode), "run: make pictures"


def test_a_bar_that_is_longer_than_the_plot_is_cut_and_says_its_value() -> None:
    drawn = plots.picture("functions", "light")
    bars = [float(width) for width in re.findall(r'<rect x="290" [^>]*width="([\d.]+)"', drawn)]
    assert max(bars) == plots.WIDTH - plots.LABELS - plots.VALUES - plots.MARGIN
    assert "<path " in drawn


def words(picture: str) -> list[str]:
    return " ".join(lines_of(picture)).split()


def test_nothing_is_fetched_by_a_picture() -> None:
    for file in FOLDER.glob("*.svg"):
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|@import|url\((?!#)", text), file.name
