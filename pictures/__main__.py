"""Draws the pictures of the front page into ``docs/pictures``: ``make pictures``, or ``python -m pictures``.

The terminal shows what the programs print in this run; what they print is coloured and cut to the lines that matter, never written by hand.
"""

from __future__ import annotations

from pathlib import Path

from pictures import demo, plots, retry, terminal

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    linted, protected = terminal.linted(), terminal.protected()
    for mode in ("light", "dark"):
        (FOLDER / f"retry-{mode}.svg").write_text(retry.picture(mode), encoding="utf-8")
        (FOLDER / f"lint-{mode}.svg").write_text(terminal.picture("lint", linted, mode), encoding="utf-8")
        (FOLDER / f"kill-{mode}.svg").write_text(terminal.picture("kill", protected, mode), encoding="utf-8")
    plots.draw(FOLDER)
    demo.photographed(FOLDER)


if __name__ == "__main__":
    main()
