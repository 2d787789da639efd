"""Folders for tests, written as a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def make(root: Path, tree: Mapping[str, str | bytes]) -> Path:
    """Writes ``path -> content`` below ``root``; a path that ends in a slash is an empty folder."""
    for name, content in tree.items():
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root
