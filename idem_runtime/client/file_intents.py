"""Intents in a folder, one small file each: for jobs and programs on one machine.

A file appears whole or not at all: it is written under another name, flushed to the disk, and then linked to its own, which
fails where another process was first. What a crash leaves is a file with a temporary name, which nobody reads.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from idem_runtime.client.errors import StoreUnreadable
from idem_runtime.client.kept_keys import KeptKey
from idem_runtime.durations import MINIMUM_RETENTION, Duration, as_timedelta, shown
from idem_runtime.errors import ConfigurationError

TEMPORARY = ".new"
OURS = re.compile(rf"[0-9a-f]{{64}}|[0-9a-f]{{32}}{re.escape(TEMPORARY)}")
"""The names of the files of a store; what else is in its folder (``lost+found``) is not touched."""


class FileIntents:
    """Keeps the keys of named intents in a folder, which is made where it is missing. Any number of processes may share it.

    Entries stay until :meth:`forget` or :meth:`purge`: a name that is forgotten is a new intent.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """``path``: a folder of this store alone, on a local disk.

        :raises ConfigurationError: it is relative, and so another folder wherever the program is started.
        """
        self.path = Path(path)
        if not self.path.is_absolute():
            raise ConfigurationError(
                f"FileIntents({str(path)!r}): started in another folder, the program would have other keys and pay again; "
                f"give the whole path, such as {str(self.path.absolute())!r}"
            )

    def keep(self, name: str) -> KeptKey:
        """As :meth:`IntentStore.keep`: on the disk before this returns.

        :raises StoreUnreadable: the entry is not what this store wrote.
        :raises OSError: the folder cannot be written.
        """
        file = self._file(name)
        if not file.exists():
            self._make(file, name)
        _flush_folder(self.path)  # also where another process made the entry: it may not have come so far yet
        return _read(file, name)

    def forget(self, name: str) -> None:
        """Remove ``name``, if it is there: whoever says it next means a new intent."""
        with contextlib.suppress(FileNotFoundError):  # nothing was kept yet, or not this
            self._file(name).unlink()
            _flush_folder(self.path)

    def purge(self, older_than: Duration) -> int:
        """Remove entries whose names nobody will say again; how many.

        :raises ConfigurationError: ``older_than`` is shorter than servers remember.
        """
        limit = time.time() - at_least_a_day(older_than).total_seconds()
        removed = 0
        for file in self.path.iterdir() if self.path.exists() else ():
            with contextlib.suppress(FileNotFoundError):  # somebody else removed it
                if OURS.fullmatch(file.name) and file.stat().st_mtime < limit:
                    file.unlink()
                    removed += not file.name.endswith(TEMPORARY)
        return removed

    def _file(self, name: str) -> Path:
        return self.path / hashlib.sha256(name.encode()).hexdigest()

    def _make(self, file: Path, name: str) -> None:
        _make_folder(self.path)
        temporary = file.with_name(f"{uuid4().hex}{TEMPORARY}")
        content = json.dumps({"name": name, "key": str(uuid4()), "made": time.time()})
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as writing:
                writing.write(content)
                writing.flush()
                os.fsync(writing.fileno())
            with contextlib.suppress(FileExistsError):  # another process was first: its key counts
                os.link(temporary, file)
        finally:
            temporary.unlink()


def _read(file: Path, name: str) -> KeptKey:
    try:
        entry: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        key, age, known = UUID(entry["key"]), time.time() - float(entry["made"]), entry["name"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreUnreadable(
            f"{file} is not an entry of this store, so nothing was sent under the intent {name!r}: its key is unknown. Find "
            "out what became of the call before you remove the file.",
            intent=name,
        ) from None
    if known != name:
        raise StoreUnreadable(f"{file} is the entry of another intent", intent=name)
    return KeptKey(key, age)


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    """Names are in the folder, which is flushed apart (not on Windows, where a folder cannot be opened)."""
    if os.name != "nt":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def at_least_a_day(older_than: Duration) -> timedelta:
    """:raises ConfigurationError: servers remember for longer."""
    age = as_timedelta(older_than)
    if not isinstance(age, timedelta) or age < MINIMUM_RETENTION:
        raise ConfigurationError(
            f"purge(older_than={shown(age)}): a day at least, because a retry under a forgotten name would pay again"
        )
    return age
