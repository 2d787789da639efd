"""The text of a file that is to be changed, the changes, and the file written back as safely as can be.

Nothing but the changed places of a file changes: line ends, tabs, byte order mark and encoding are kept. A file that
somebody else changed in the meantime is left alone.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from tempfile import mkstemp
from typing import NamedTuple

from idem_lint.source.discovery import decode, encoded, shown

_LINE_END = re.compile(r"\r\n|\r|\n")


class CannotChange(Exception):
    """A file or a place in it that is left alone; the message says why, as a clause."""


class Edit(NamedTuple):
    """``text`` in the place of what stands between two offsets (in characters)."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file as it was read (``stored``), and the bytes that are to be changed, where earlier changes led to others."""

    path: Path
    stored: bytes
    raw: bytes
    text: str

    @classmethod
    def read(cls, path: Path, content: bytes | None = None) -> SourceText:
        """The file at ``path``, with ``content`` where that stands for it by now. Raises CannotChange where it cannot be
        read, or would not come back as it is.
        """
        try:
            stored = path.read_bytes()
        except OSError as error:
            raise CannotChange(f"it cannot be read: {error.strerror or error}") from error
        raw = stored if content is None else content
        try:
            text = decode(raw)
        except SyntaxError as error:
            raise CannotChange(f"it cannot be decoded: {error.msg}") from error
        if encoded(text, like=raw) != raw:
            raise CannotChange("its encoding writes the same text in another way")
        return cls(path, stored, raw, text)

    def changed(self, edits: Iterable[Edit]) -> bytes:
        """The file's bytes with the edits made; those at one place in their order. Raises CannotChange where two overlap,
        and where the encoding has no letter for what is written.
        """
        parts: list[str] = []
        done = 0
        for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
            if edit.start < done:
                raise CannotChange("two changes of the same place do not go together")
            parts += [self.text[done : edit.start], edit.text]
            done = edit.end
        try:
            return encoded("".join([*parts, self.text[done:]]), like=self.raw)
        except UnicodeEncodeError as error:
            raise CannotChange(
                f"its encoding cannot write {error.object[error.start : error.end]!r}"
            ) from error

    def diff(self, content: bytes) -> list[str]:
        """What would change, as a unified diff that ``git apply`` reads: lines without their line feeds."""
        name = shown(self.path)
        lines: list[str] = []
        for line in unified_diff(
            _lines(decode(self.stored)), _lines(decode(content)), f"a/{name}", f"b/{name}"
        ):
            if line.endswith("\n"):
                lines.append(line[:-1])
            else:
                lines += [line, "\\ No newline at end of file"]
        return lines

    def write(self, content: bytes, *, inside: Path) -> None:
        """Replace the file by one with this content, in one step, with the same mode; a link stays, and what it leads to
        is replaced. Raises CannotChange where the file lies outside of ``inside``, is one of several names of a file, may
        not be written, or is not what was read any more.
        """
        target = Path(os.path.realpath(self.path))
        if not target.is_relative_to(os.path.realpath(inside)):
            raise CannotChange(f"it is a link that leads out of the project, to {target}")
        try:
            status = target.stat()
            if status.st_nlink > 1:
                raise CannotChange("the file has several names (hard links), which would come apart")
            if not os.access(target, os.W_OK):
                raise CannotChange("it may not be written")
            if target.read_bytes() != self.stored:
                raise CannotChange("it has changed since it was read; run again")
            _replace(target, content, stat.S_IMODE(status.st_mode))
        except OSError as error:
            raise CannotChange(f"it cannot be written: {error.strerror or error}") from error


def overlap(one: Edit, other: Edit) -> bool:
    """Whether two edits cannot both be made; what is put in at one place can."""
    if one.start == one.end and other.start == other.end:
        return False
    return one.start < other.end and other.start < one.end


def _replace(target: Path, content: bytes, mode: int) -> None:
    handle, name = mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, target)
    except OSError:
        os.unlink(name)
        raise


def _lines(text: str) -> list[str]:
    """The lines as a diff has them: parted at line feeds alone."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def line_starts(text: str) -> list[int]:
    """The offset at which every line begins, as Python counts lines; then that of the end of the text."""
    return [0, *(match.end() for match in _LINE_END.finditer(text)), len(text)]


def line_end(text: str, near: int) -> str:
    """The line end in use: that of the line around an offset, else the first of the file, else a line feed."""
    match = _LINE_END.search(text, near) or _LINE_END.search(text)
    return match[0] if match is not None else "\n"
