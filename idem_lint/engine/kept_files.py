"""What a process that stays keeps of files between runs: their bytes, words and facts, as long as they do not change.

A run that is given them reads and parses only what has changed. A file counts as unchanged by the file system's word
(:mod:`idem_lint.source.file_hashes`); a module by its source. A module whose facts a run has added to (a class that
``type()`` makes, a method that is patched in, the statements of a script as a function) is not taken again.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from idem_lint.engine.module_facts import Module
from idem_lint.source.file_hashes import Status, is_settled, status_of

_MAX_BYTES = 64 * 1024 * 1024
"""Of sources whose modules are kept: a syntax tree takes about fifty times the memory of its source."""


class KeptFiles:
    """Contents by path, and modules by path and dotted name. Used by one thread."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._contents: dict[Path, tuple[Status, bytes]] = {}
        self._words: dict[Path, tuple[bytes, frozenset[bytes]]] = {}
        self._modules: dict[tuple[Path, str], Module] = {}
        self._size = 0
        self._max_bytes = max_bytes

    def read(self, path: Path) -> bytes:
        """The content of a file. Raises OSError."""
        name = os.fspath(path)
        status = status_of(name)
        known = self._contents.get(path)
        if known is not None and known[0] == status:
            return known[1]
        with open(name, "rb") as file:
            content = file.read()
        if status is not None and is_settled(status, time.time_ns()):
            self._contents[path] = status, content
        return content

    def words(self, path: Path, source: bytes) -> frozenset[bytes] | None:
        """The words of a source that was seen before under this path."""
        known = self._words.get(path)
        return known[1] if known is not None and known[0] == source else None

    def keep_words(self, path: Path, source: bytes, words: frozenset[bytes]) -> None:
        """Keep the words of a source."""
        self._words[path] = source, words

    def module(self, path: Path, name: str, source: bytes) -> Module | None:
        """The module of a source that was parsed before under this path and this dotted name."""
        known = self._modules.get((path, name))
        if known is None or known.is_changed or known.source != source:
            return None
        self._modules[path, name] = self._modules.pop((path, name))  # the last to be given up
        return known

    def keep(self, module: Module) -> None:
        """Keep a module; what was not asked for longest is given up where there is too much."""
        key = module.path, module.name
        before = self._modules.pop(key, None)
        self._size += len(module.source) - (len(before.source) if before is not None else 0)
        self._modules[key] = module
        while self._size > self._max_bytes and len(self._modules) > 1:
            oldest = self._modules.pop(next(iter(self._modules)))
            self._size -= len(oldest.source)
