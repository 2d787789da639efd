"""Which files a run is about, how they are decoded, and how their names are shown.

A Python file that is named is taken, whether git ignores it or not; only ``exclude`` takes it out, so that a hook, which
names every file, and a run over the folder report the same. A list of changed files also names what is deleted, or is no
Python by its suffix, its first line or its text: that is left out, and said. Below a folder, Python files (``.py``,
``.pyw``; no stubs) are taken as :mod:`idem_lint.source.git_files` lists them. What cannot be read is a problem, never
passed over.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from idem_lint.settings.config import ConfigOf, nearest_spelling
from idem_lint.settings.globs import translate
from idem_lint.source.git_files import SUFFIXES, Excludes, Listing, listing, unreadable, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from idem_lint.result_types import Site

_PYTHON = (*SUFFIXES, ".pyi")
_WILD = re.compile(r"[*?\[]")
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_EMPTY = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_BOM = b"\xef\xbb\xbf"


class UsageError(Exception):
    """A PATH argument that names nothing; the message names it, and the nearest that exists."""


class SourceFile(NamedTuple):
    """A file to look at. ``explicit``: it was named itself, not found in a folder."""

    path: Path
    explicit: bool


class Discovery(NamedTuple):
    """The files of a run, sorted by path.

    ``problems`` are what cannot be read (IDM900): ``what`` says why. ``skipped`` are the folders and files left out by
    default (the output of builds, virtual environments that git does not ignore) or by ``exclude`` though named.
    ``left_out`` says in whole sentences which named files are deleted or no Python.
    """

    files: tuple[SourceFile, ...]
    problems: tuple[Site, ...] = ()
    skipped: tuple[Path, ...] = ()
    left_out: tuple[str, ...] = ()


def discover(paths: Sequence[Path], config: ConfigOf) -> Discovery:
    """The files that ``paths`` (files, folders, globs; none: the working directory) stand for.

    Raises UsageError for a path that does not exist, a glob that matches nothing, and where there are only folders
    without a Python file.
    """
    collected = _Collected(config)
    for path in paths or (Path(),):
        collected.take(str(path))
    return collected.discovery()


def context(config: ConfigOf, paths: Sequence[Path] = ()) -> tuple[Path, ...]:
    """All Python files that may say something about the files of a run: those below the project root.

    What ``exclude`` takes out is in it: it may still register a handler. Where the root is that of the file system,
    only the folders of ``paths`` are looked at.
    """
    excludes = Excludes(config)
    root = str(config.root)
    found = Listing()
    if config.root != config.root.parent:
        found.extend(listing(root, excludes))
    else:
        for path in paths:
            text = os.path.abspath(path)
            found.extend(listing(text if os.path.isdir(text) else os.path.dirname(text), excludes))
    return tuple(Path(path) for path in sorted(set(found.files)))


class _Collected:
    def __init__(self, config: ConfigOf) -> None:
        self._excludes = Excludes(config)
        self._files: dict[str, bool] = {}
        self._problems: dict[str, str] = {}
        self._skipped: dict[str, None] = {}
        self._empty: list[str] = []
        self._left_out: list[str] = []

    def discovery(self) -> Discovery:
        if self._empty and not self._files and not self._problems:
            raise UsageError("; ".join(self._empty))
        return Discovery(
            tuple(SourceFile(Path(path), self._files[path]) for path in sorted(self._files)),
            tuple(problem(Path(path), why) for path, why in sorted(self._problems.items())),
            tuple(Path(path) for path in sorted(self._skipped)),
            tuple(dict.fromkeys(self._left_out)),
        )

    def take(self, written: str) -> None:
        path = os.path.abspath(written)
        if os.path.isdir(path):
            self._folder(path, written)
        elif os.path.lexists(path):
            self._named(path)
        elif _WILD.search(written):
            self._glob(written)
        elif _is_deleted(path):
            self._left_out.append(f"{shown(Path(path))}: deleted, so there is nothing to judge")
        else:
            raise UsageError(f"{written}: no such file or folder{_nearest(path)}")

    def _named(self, path: str) -> None:
        if self._excludes.by_config(path):
            self._skipped[path] = None
            return
        if path.endswith(".ipynb"):
            raise UsageError(f"{shown(Path(path))}: a notebook is not read; name Python files or folders")
        why = unreadable(path)
        try:
            if why is None and not path.endswith(_PYTHON) and not _is_python(path):
                self._left_out.append(f"{shown(Path(path))}: is no Python, so it is not judged")
                return
        except OSError as error:
            why = error.strerror or str(error)
        if why is None:
            self._files[path] = True
        else:
            self._problems[path] = why

    def _folder(self, path: str, written: str) -> None:
        found = listing(path, self._excludes)
        if not found.files and not found.problems and not os.path.lexists(os.path.join(path, ".git")):
            # Named itself, though git ignores it: a package in a virtual environment, generated code.
            found = walk(path, self._excludes, as_named=True)
        if not found.files and not found.problems:
            self._empty.append(f"{written}: no Python file below this folder{_mention(found.skipped)}")
        taken = [file for file in found.files if not self._excludes.by_config(file)]
        for file in taken:
            self._files.setdefault(file, False)
        if found.files and not taken:
            self._skipped[path] = None
        for file, why in found.problems:
            if not self._excludes.by_config(file, folder=os.path.isdir(file)):
                self._problems[file] = why
        self._skipped.update(dict.fromkeys(found.skipped))

    def _glob(self, written: str) -> None:
        matches = list(dict.fromkeys(_expand("", written.rstrip(os.sep).split(os.sep))))
        any_suffix = not _WILD.search(os.path.splitext(written)[1] or "*")
        usable = [m for m in matches if any_suffix or m.endswith(SUFFIXES) or os.path.isdir(m)]
        if not usable:
            found = "only files that are not Python" if matches else "nothing"
            raise UsageError(f"{written}: the pattern matches {found}")
        for match in usable:
            self.take(match)


def _is_python(path: str) -> bool:
    from idem_lint.source.named_files import is_python  # rarely asked, and start-up has to be fast

    return is_python(path)


def _is_deleted(path: str) -> bool:
    from idem_lint.source.named_files import is_deleted

    return is_deleted(path)


def _expand(folder: str, parts: Sequence[str]) -> Iterator[str]:
    """What the rest of a pattern matches below ``folder``. Hidden names are for patterns that start with a dot; ``**``
    follows no links, so that two folders that link to each other have an end.
    """
    if not parts:
        if os.path.lexists(folder):
            yield folder
        return
    first, *rest = parts
    if first == "**" and not rest:
        yield from _expand(folder or os.curdir, rest)
    elif first == "**":
        for here, folders, _ in os.walk(folder or os.curdir):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from _expand(here, rest)
    elif _WILD.search(first):
        for name in _matching(folder or os.curdir, first):
            yield from _expand(os.path.join(folder, name), rest)
    else:
        yield from _expand(os.path.join(folder, first) if first or folder else os.sep, rest)


def _matching(folder: str, pattern: str) -> list[str]:
    text = translate(os.fsencode(pattern))
    if text is None or not os.path.isdir(folder):
        return []
    names = sorted(name for name in os.listdir(folder) if pattern.startswith(".") or not name.startswith("."))
    return [name for name in names if re.fullmatch(text, os.fsencode(name), re.DOTALL)]


def _mention(skipped: Sequence[str]) -> str:
    names = ", ".join(shown(Path(path)) for path in sorted(skipped))
    return f" (left out by default: {names})" if names else ""


def _nearest(path: str) -> str:
    """The nearest existing spelling, for the first part of ``path`` that does not exist."""
    folder, missing = os.path.split(path)
    rest = ""
    while not os.path.isdir(folder):
        rest = os.path.join(missing, rest)
        folder, missing = os.path.split(folder)
    try:
        names: Iterable[str] = os.listdir(folder)
    except OSError:
        names = ()
    hint = nearest_spelling(missing, names)
    return (
        hint.replace('"', f'"{os.path.join(shown(Path(folder)), "")}', 1).replace('"./', '"', 1)
        if hint
        else ""
    )


def problem(path: Path, error: OSError | str) -> Site:
    """A file or folder that cannot be read, as IDM900 reports it: at its first line."""
    from idem_lint.result_types import Place, Site

    why = error if isinstance(error, str) else error.strerror or str(error)
    return Site(Place(shown(path), 1, 1), f"cannot be read: {why}")


def shown(path: Path) -> str:
    """``path`` as reports name it: relative to the working directory where it lies below, :func:`spelled`."""
    cwd = os.getcwd()
    text = os.path.abspath(path)
    return spelled(os.curdir if text == cwd else text.removeprefix(os.path.join(cwd, "")))


def spelled(text: str) -> str:
    """A path with forward slashes that every report can be printed with: bytes of a name that are not UTF-8 are written
    as backslash, ``x`` and two digits.
    """
    if not text.isascii():
        text = os.fsencode(text).decode("utf-8", "backslashreplace")
    return text.replace(os.sep, "/")


def decode(source: bytes) -> str:
    """The text of a Python file, line ends and form feeds as they are, without the byte order mark (PEP 263).

    Raises SyntaxError, with the line, for an encoding that is unknown or contradicts the mark, and for bytes that are
    not of the encoding.
    """
    declared = _declared(source)
    if not source.startswith(_BOM):
        return _text(source, "utf-8" if declared is None else declared)
    if declared not in (None, "utf-8"):
        raise _error(f"the coding line says {declared}, the byte order mark says utf-8", 1)
    return _text(source[len(_BOM) :], "utf-8")


def encoded(text: str, *, like: bytes) -> bytes:
    """The bytes of a text that was decoded from ``like``, or was made from it: with its byte order mark, in its encoding.

    Raises UnicodeEncodeError where the encoding has no letter for something.
    """
    declared = _declared(like)
    if like.startswith(_BOM):
        return _BOM + text.encode()
    return text.encode("utf-8" if declared is None else declared)


def _declared(source: bytes) -> str | None:
    """The encoding of the coding line: one of the first two, the second only below an empty line or a comment."""
    first = source.find(b"\n")
    second = source.find(b"\n", first + 1) if first >= 0 else -1
    head = source[: second if second >= 0 else len(source)].removeprefix(_BOM)
    if b"coding" not in head:
        return None
    for line in head.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")[:2]:
        match = _CODING.match(line)
        if match is not None:
            return _normal(match[1].decode("ascii"))
        if not _EMPTY.match(line):
            return None
    return None


def _normal(name: str) -> str:
    """``name`` as Python reads it: an editor's suffix, as in ``utf-8-unix``, does not count."""
    folded = name[:12].lower().replace("_", "-")
    for known in ("utf-8", "latin-1", "iso-8859-1", "iso-latin-1"):
        if folded == known or folded.startswith(known + "-"):
            return "utf-8" if known == "utf-8" else "iso-8859-1"
    return name


def _text(source: bytes, encoding: str) -> str:
    try:
        return source.decode(encoding)
    except LookupError:
        raise _error(f"the coding line names {encoding}, which is no text encoding", 1) from None
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        byte = f"byte 0x{source[error.start]:02x}"
        why = (
            "and no coding line names another encoding"
            if encoding == "utf-8"
            else "which the coding line names"
        )
        raise _error(f"{byte} is not {encoding}, {why}", line) from None
    except ValueError as error:
        raise _error(f"cannot be decoded as {encoding}: {error}", 1) from None


def _error(message: str, line: int) -> SyntaxError:
    error = SyntaxError(message)
    error.lineno, error.offset = line, 1
    return error
