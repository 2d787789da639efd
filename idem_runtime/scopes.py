"""``previous_scopes=``: what an operation was called, and who asked for it, before something was changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

MAXIMUM = 5
"""Earlier scopes of a mark, and of an application: every combination costs a lock and a look."""


def problems(given: Any, *, texts: bool) -> Iterator[tuple[bool, str]]:
    """What can be wrong with ``previous_scopes=``; ``texts``: operations may be named too."""
    allowed = "operations and functions" if texts else "principal resolvers, such as principal= was"
    listed = cast("tuple[Any, ...]", given if isinstance(given, tuple) else ())
    usable = all(callable(each) or (texts and isinstance(each, str) and each) for each in listed)
    said = f"previous_scopes={given!r}): a tuple of earlier {allowed}"
    yield not isinstance(given, tuple) or not usable, said
    yield (
        len(listed) > MAXIMUM,
        f"{said}, {MAXIMUM} at most: all their combinations are looked up",
    )
