"""Answers kept between runs, in ``.idem_lint_cache`` at the project's root.

An entry is a file named for the hash of everything that its answer depends on, so an entry is never wrong: only there or
not. Files are written beside and renamed, so runs may share the folder. Whatever is wrong with the folder or an entry
(not writable, cut short, of another version), there is no answer, and the run finds its own. Entries are JSON: a folder
that came with somebody's project must not be able to run code.
"""

from __future__ import annotations

import os
from contextlib import nullcontext, suppress
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any

FOLDER = ".idem_lint_cache"
_MAX_ENTRIES = 40
_MAX_BYTES = 64 * 1024 * 1024
_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of idem-lint and may be deleted.\n"
)


class Cache:
    """The cache of the project at ``root``; nothing is kept where that is the root of the file system."""

    def __init__(self, root: Path) -> None:
        self._folder = None if root == root.parent else os.path.join(root, FOLDER)

    def get(self, name: str) -> Any:
        """What was put under ``name``; None where that cannot be had."""
        import json

        if self._folder is None:
            return None
        try:
            with open(os.path.join(self._folder, f"{name}.json"), encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError, RecursionError):
            return None

    def put(self, name: str, value: object) -> None:
        """Keep ``value`` (of what JSON knows) under ``name``, if that can be done."""
        import json

        if self._folder is None:
            return
        text = json.dumps(value, separators=(",", ":"))
        beside = os.path.join(self._folder, f"{name}.{os.getpid()}.tmp")
        with suppress(OSError):
            self._make()
            try:
                with open(beside, "w", encoding="utf-8") as file:
                    file.write(text)
                os.replace(beside, os.path.join(self._folder, f"{name}.json"))
            finally:
                with suppress(OSError):
                    os.unlink(beside)
            self._bound()

    def alone(self, name: str) -> AbstractContextManager[object]:
        """While it is entered, no other run that shares the folder enters the same for ``name``: it waits. Where that cannot
        be had (no folder, no locks), nobody waits.
        """
        if self._folder is None:
            return nullcontext()
        try:
            import fcntl

            self._make()
            # Questions may share a lock, so that there are never more than a few files.
            file = open(os.path.join(self._folder, f"{name[:2]}.lock"), "wb")  # noqa: SIM115 - closing it gives the lock back
        except (ImportError, OSError):
            return nullcontext()
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def _make(self) -> None:
        assert self._folder is not None  # who asks has looked
        if os.path.isdir(self._folder):
            return
        with suppress(FileExistsError):  # another run is making it
            os.mkdir(self._folder)
        for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
            with open(os.path.join(self._folder, name), "w", encoding="utf-8") as file:
                file.write(text)

    def _bound(self) -> None:
        """Delete what was written longest ago, until the rest is within bounds."""
        assert self._folder is not None  # put asks first
        with os.scandir(self._folder) as entries:
            kept = [(entry.stat(), entry.path) for entry in entries if entry.name.endswith((".json", ".tmp"))]
        kept.sort(key=lambda item: item[0].st_mtime_ns, reverse=True)
        total = 0
        for index, (status, path) in enumerate(kept):
            total += status.st_size
            if index >= _MAX_ENTRIES or (total > _MAX_BYTES and index > 0):
                with suppress(OSError):
                    os.unlink(path)
