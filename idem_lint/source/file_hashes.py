"""The hashes of files' contents, which are read again only where the file system says that a file may have changed."""

from __future__ import annotations

import os
import time
from hashlib import blake2b
from typing import TypeAlias

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from idem_lint.source.cache import Cache

Status: TypeAlias = list[int]
"""Size, times of change and inode number of a file."""
_TABLE = "files"
_SETTLED = 3_000_000_000
"""Nanoseconds: a file written later than this before it was read could be written once more in the same tick of the
file system's clock, and is read again next time."""


class FileHashes:
    """Hashes by path. What is known from earlier runs stands in ``cache``."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        known = cache.get(_TABLE)
        self._known: dict[str, Any] = known if isinstance(known, dict) else {}
        self._asked: dict[str, tuple[Status | None, str]] = {}
        self._is_changed = False

    def of(self, path: str) -> str:
        """The hash of a file's content; empty where it cannot be read."""
        asked = self._asked.get(path)
        if asked is None:
            asked = self._asked[path] = self._look(path)
        return asked[1]

    def _look(self, path: str) -> tuple[Status | None, str]:
        status = status_of(path)
        if status is None:
            return None, ""
        match self._known.get(path):
            case [known_status, str(content)] if known_status == status:
                return status, content
            case _:
                pass
        self._is_changed = True
        return status, _hash(path)

    def are_still(self) -> bool:
        """Whether no file that was asked for has changed since."""
        now = time.time_ns()
        return all(
            status_of(path) == status
            and (status is None or is_settled(status, now) or _hash(path) == content)
            for path, (status, content) in self._asked.items()
        )

    def keep(self) -> None:
        """Write what was asked for down, for later runs."""
        if not self._is_changed:
            return
        now = time.time_ns()
        settled = {
            path: [status, content]
            for path, (status, content) in self._asked.items()
            if status is not None and content and is_settled(status, now)
        }
        if settled:
            self._cache.put(_TABLE, settled)


def hash_of(parts: Iterable[str]) -> str:
    """One hash of several texts, in their order."""
    whole = blake2b(digest_size=20)
    for part in parts:
        whole.update(part.encode("utf-8", "surrogatepass"))
        whole.update(b"\0")
    return whole.hexdigest()


def status_of(path: str) -> Status | None:
    """What the file system says of a file, which differs where its content may; ``None`` where there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def is_settled(status: Status, now: int) -> bool:
    """Whether every later change of a file will show in its status; ``now`` is in nanoseconds since the epoch."""
    return max(status[1], status[2]) < now - _SETTLED


def _hash(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return blake2b(file.read(), digest_size=20).hexdigest()
    except OSError:
        return ""
