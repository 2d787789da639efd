"""The picture of a retry, with and without: two sequences of the same three events."""

from __future__ import annotations

from pictures.palette import MONO, PALETTES, SANS, Palette

WIDTH, HEIGHT = 880, 400
PANEL = 425
ROWS = (112, 164, 232, 284)
"""Heights of: the request, its lost answer, the retry, its answer."""


def picture(mode: str) -> str:
    """The whole picture, as SVG."""
    palette = PALETTES[mode]
    alt = (
        "Without the mark, a transfer whose answer is lost runs again when the client retries: 1,000 euros leave the account instead of 500. "
        "With it, the retry gets the stored answer, and 500 euros have left."
    )
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{alt}" font-family="{SANS}" font-size="15">',
            *_panel(palette, 0, protected=False),
            *_panel(palette, WIDTH - PANEL, protected=True),
            "</svg>",
            "",
        )
    )


def _panel(palette: Palette, left: int, *, protected: bool) -> list[str]:
    tone = palette.good if protected else palette.bad
    title = "With @money_moving" if protected else "Without"
    client, server = left + 70, left + PANEL - 90
    lines = [
        f'<rect x="{left + 1}" y="1" width="{PANEL - 2}" height="{HEIGHT - 2}" rx="10" fill="{palette.panel}" stroke="{palette.line}"/>',
        _text(left + PANEL // 2, 34, title, palette.ink, weight=600, size=18),
        _text(client, 70, "client", palette.faint),
        _text(server, 70, "your service", palette.faint),
    ]
    lines += [
        f'<line x1="{x}" y1="80" x2="{x}" y2="310" stroke="{palette.line}" stroke-width="2"/>'
        for x in (client, server)
    ]
    lines += _arrow(client, server, ROWS[0], "pay 500", palette.ink)
    lines += _note(palette, server, ROWS[0], "-500", palette.ink)
    lines += _lost(palette, client, server, ROWS[1])
    lines += _arrow(client, server, ROWS[2], "pay 500, again", palette.ink)
    lines += _note(palette, server, ROWS[2], "replayed" if protected else "-500", tone)
    lines += _arrow(server, client, ROWS[3], "201, the same answer" if protected else "201", tone)
    total = "500 have left the account" if protected else "1,000 have left the account"
    return [
        *lines,
        f'<rect x="{left + 24}" y="328" width="{PANEL - 48}" height="48" rx="8" fill="none" stroke="{tone}" stroke-width="2"/>',
        _text(left + PANEL // 2, 358, total, tone, weight=600, size=17),
    ]


def _arrow(start: int, end: int, y: int, label: str, colour: str) -> list[str]:
    way = 1 if end > start else -1
    tip = end - way * 4
    head = f"{tip},{y} {tip - way * 11},{y - 6} {tip - way * 11},{y + 6}"
    return [
        f'<line x1="{start + way * 4}" y1="{y}" x2="{tip - way * 8}" y2="{y}" stroke="{colour}" stroke-width="2"/>',
        f'<polygon points="{head}" fill="{colour}"/>',
        _text((start + end) // 2, y - 9, label, colour),
    ]


def _lost(palette: Palette, client: int, server: int, y: int) -> list[str]:
    middle = (client + server) // 2
    cross = f"M{middle - 8} {y - 8} l16 16 m0 -16 l-16 16"
    return [
        f'<line x1="{server - 4}" y1="{y}" x2="{middle + 14}" y2="{y}" stroke="{palette.faint}" stroke-width="2" stroke-dasharray="6 5"/>',
        f'<path d="{cross}" stroke="{palette.bad}" stroke-width="3" fill="none"/>',
        _text(middle - 62, y + 5, "answer lost", palette.faint),
    ]


def _note(palette: Palette, x: int, y: int, words: str, colour: str) -> list[str]:
    return [
        f'<rect x="{x - 42}" y="{y + 8}" width="84" height="28" rx="6" fill="{palette.paper}" stroke="{colour}" stroke-width="1.5"/>',
        f'<text x="{x}" y="{y + 27}" text-anchor="middle" fill="{colour}" font-family="{MONO}" font-size="14">{words}</text>',
    ]


def _text(x: int, y: int, words: str, colour: str, *, weight: int = 400, size: int = 15) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="middle" fill="{colour}" font-weight="{weight}" font-size="{size}">{words}</text>'
