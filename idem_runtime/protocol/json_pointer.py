"""JSON pointers (RFC 6901)."""

from __future__ import annotations


def split_pointer(pointer: str) -> list[str]:
    """The parts of a JSON pointer, unescaped (RFC 6901 section 4)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
