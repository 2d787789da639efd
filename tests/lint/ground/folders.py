"""Folders for tests, written as a mapping."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from idem_lint.source.discovery import Discovery


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


def git(folder: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@y", "-c", "protocol.file.allow=always", *words],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def names(found: Discovery | tuple[Path, ...], root: Path) -> list[str]:
    paths: Iterable[Path] = (file.path for file in found.files) if isinstance(found, Discovery) else found
    return [path.relative_to(root).as_posix() for path in paths]


def skipped(found: Discovery, root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in found.skipped]
