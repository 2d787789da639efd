"""The SQL of the package, read from the commented files beside this one."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_CHOICE = re.compile(r"\[\[(alone|previous): (.*?)\]\](?!\])", re.DOTALL)
_HEADING = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


SCHEMA_VERSION = 2
"""Of ``schema.sql``; the comment of a table says which it has."""


@cache
def load(file: str) -> dict[str, str]:
    """The named statements of ``file``, comments removed; ``{table}`` and the like are left to the driver."""
    parts = _HEADING.split((files("idem_runtime.sql") / file).read_text(encoding="utf-8"))
    return {name: _without_comments(text) for name, text in zip(parts[1::2], parts[2::2], strict=True)}


@cache
def query(name: str, *, previous: bool = False) -> str:
    """The query ``name``; ``a+b`` is ``a`` and ``b`` in one round trip. ``previous``: earlier names are looked up too.

    Names that begin with ``layer_`` are the Powertools layer's, and stand in a file of their own.
    """
    queries = load("powertools.sql" if name.startswith("layer_") else "queries.sql")
    text = ";\n".join(queries[part] for part in name.split("+"))
    kept = "previous" if previous else "alone"
    return _CHOICE.sub(lambda choice: choice[2] if choice[1] == kept else "", text)


def _without_comments(text: str) -> str:
    return "\n".join(
        line for line in text.splitlines() if line and not line.lstrip().startswith("--")
    ).rstrip(";")
