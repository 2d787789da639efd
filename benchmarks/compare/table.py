"""The table of a report, as Markdown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.compare.verdicts import RULES, verdict

RESULTS = Path(__file__).parent / "results.json"


def committed() -> dict[str, Any]:
    """The last report in which everything was measured."""
    return dict(json.loads(RESULTS.read_text(encoding="utf-8")))


def table(report: dict[str, Any]) -> str:
    """A row for a scenario, a column for a peer; ours first, because a narrow page shows the first ones."""
    peers = sorted(report["peers"], key=lambda peer: bool(peer["name"] != "here"))
    lines = [_row("", [_title(peer) for peer in peers]), _row("---", ["---"] * len(peers))]
    for scenario, (title, _) in RULES.items():
        cells = [
            str(verdict(scenario, peer["facts"][scenario])) for peer in peers if scenario in peer["facts"]
        ]
        if cells:
            lines.append(_row(title, cells))
    return "\n".join([*lines, ""])


def versions(report: dict[str, Any]) -> str:
    """What was compared, with where its setup is from, and where its records are."""
    lines = [
        f"- [{peer['title']}]({peer['page']}){' ' if peer['version'] else ''}{peer['version']}: records in {peer['store']}"
        for peer in report["peers"]
    ]
    return "\n".join([*lines, ""])


def _title(peer: dict[str, Any]) -> str:
    return f"**{peer['title']}**" if peer["name"] == "here" else peer["title"]


def _row(first: str, cells: list[str]) -> str:
    return f"| {first} | {' | '.join(cells)} |"
