"""``previous_scopes=``: what an operation was called, and who asked for it, before something was changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MAXIMUM = 5
"""Earlier scopes of a mark, and of an application: every combination costs a lock and a look."""


def problems(given: Any, *, texts: bool) -> Iterator[tuple[bool, str]]:
    """What can be wrong with ``previous_scopes=``; ``texts``: operations may be named too."""
    allowed = "operations and functions" if texts else "principal resolvers, such as principal= was"
    said = f"previous_scopes={given!r}): a tuple of earlier {allowed}"
    listed: list[Any] | None = [*given] if isinstance(given, tuple) else None
    usable = listed is not None and all(callable(each) or (texts and _is_name(each)) for each in listed)
    yield not usable, said
    too_many = listed is not None and len(listed) > MAXIMUM
    yield too_many, f"{said}, {MAXIMUM} at most: all their combinations are looked up"


def _is_name(each: object) -> bool:
    return isinstance(each, str) and each != ""
