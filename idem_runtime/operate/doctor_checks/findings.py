"""A finding: one thing that ``doctor`` looked at, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``note``: good to know, nothing to repair. ``remedy``: what to do about it."""

    about: str
    what: str
    level: Level = "ok"
    remedy: str | None = None


def problem(about: str, what: str, remedy: str) -> Finding:
    """Something that has to be repaired."""
    return Finding(about, what, "problem", remedy)


def note(about: str, what: str, remedy: str | None = None) -> Finding:
    """Something that is good to know."""
    return Finding(about, what, "note", remedy)


def or_ok(findings: Iterable[Finding], about: str, what: str) -> Iterator[Finding]:
    """The findings; where there are none, one that says in ``what`` way all is well."""
    yield from list(findings) or [Finding(about, what)]
