"""Two recorded terminals: the finding that surprises, and the transfer that survives ``kill -9``; from what the programs print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from pictures.palette import MONO, PALETTES

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
WIDTH = 96
SOURCE = re.compile(r"<!-- source -->\n```python\n(.*?)```", re.DOTALL)


def linted() -> list[Text]:
    """``idem-lint`` on the front page's example, in colour."""
    source = SOURCE.search(README.read_text(encoding="utf-8"))
    assert source, "the README has lost its example"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "wallet", "transfers.py")
        file.parent.mkdir()
        file.write_text(source[1], encoding="utf-8")
        command = [sys.executable, "-m", "idem_lint", "wallet", "--color", "always"]
        environment = {**os.environ, "COLUMNS": str(WIDTH)}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1, done.stderr
    return [prompt("idem-lint wallet"), *map(Text.from_ansi, done.stdout.splitlines())]


def protected() -> list[Text]:
    """The runtime's part of the demo: every line is printed after it was counted in SQL."""
    command = [sys.executable, "examples/demo_runtime.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = done.stdout.strip().splitlines()
    return [prompt("make demo"), Text("…", "bright_black"), *[coloured(line) for line in lines]]


def prompt(command: str) -> Text:
    return Text.assemble(("$ ", "bright_black"), (command, "bold"))


def coloured(line: str) -> Text:
    """What was counted stands out."""
    text = Text(line)
    text.highlight_regex(r"kill -9.*?:", "bold red")
    text.highlight_regex(r"(?<=: )\d[\w ,;+-]*$|(?<=: )409 \w+|retried: \d+", "bold green")
    text.highlight_regex(r"\(the caller.*\)", "bright_black")
    return text


def picture(name: str, lines: list[Text], mode: str) -> str:
    """The lines as SVG, with fonts that a machine has."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(
            record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor"
        )
        for line in lines:
            console.print(line, soft_wrap=False, highlight=False)
    drawn = console.export_svg(
        title="", theme=theme(mode), code_format=FRAME.replace("MONO", MONO), unique_id=f"{name}-{mode}"
    )
    return drawn.replace("&#160;", "\u00a0").rstrip() + "\n"


def theme(mode: str) -> TerminalTheme:
    """The palette as a terminal's colours."""
    palette = PALETTES[mode]
    ansi = [palette.ink, palette.bad, palette.good, "#9a6700" if mode == "light" else "#d29922"]
    ansi += [
        palette.accent,
        "#8250df" if mode == "light" else "#d2a8ff",
        "#1b7c83" if mode == "light" else "#39c5cf",
        palette.ink,
    ]
    bright = [palette.faint, *ansi[1:]]
    return TerminalTheme(
        rgb(palette.panel), rgb(palette.ink), [rgb(c) for c in ansi], [rgb(c) for c in bright]
    )


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


FRAME = """<svg class="{unique_id}" viewBox="0 0 {width} {height}" role="img" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: MONO; font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
