"""TOML as we write it: values, and text that may stand in a comment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Writable: TypeAlias = str | bool | Sequence[str] | Mapping[str, str] | Mapping[str, Sequence[str]]


def toml_value(value: Writable) -> str:
    """A value on one line: a string, a boolean, an array of strings, or an inline table of strings or arrays."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # JSON's escapes are TOML's; DEL is the one character that only TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        pairs = [f"{toml_value(key)} = {toml_value(item)}" for key, item in value.items()]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    return f"[{', '.join(map(toml_value, value))}]"


def toml_comment(text: str) -> str:
    """Text that may stand behind a ``#``: what would end the line, or TOML forbids there, is escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
