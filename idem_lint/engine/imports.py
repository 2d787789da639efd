"""The project's modules: from paths to parsed modules, from dotted names to modules.

A file is parsed once, and only when something asks for it. What ``ast`` of this Python rejects is rewritten by LibCST
first; what nothing can parse is kept as an error, never dropped.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path, PurePath

from idem_lint.engine.deep_stack import with_deep_stack
from idem_lint.engine.kept_files import KeptFiles
from idem_lint.engine.module_facts import Module
from idem_lint.engine.syntax_walk import read_module
from idem_lint.result_types import Place, Site
from idem_lint.source.discovery import decode, problem, shown
from idem_lint.source.documents import is_document
from idem_lint.source.prefilter import WORD

LINE_END = re.compile(r"\r\n|\r|\n")
TOO_DEEP = "it is nested too deeply to read"


class ParseError(Exception):
    """Nothing here can parse the source; ``line`` and ``column`` are 1-based."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = max(line, 1)
        self.column = max(column, 1)


def parse(source: bytes) -> ast.Module:
    """The syntax tree of a source, also where it is newer than this interpreter, or nested deeper than its stack.

    Raises :class:`ParseError`, also for bytes that are not of the file's encoding: of those in a comment ``ast`` says
    nothing, though Python does not run the file.
    """
    if not source.isascii():
        _text(source)
    try:
        return _parsed(source)
    except (SyntaxError, ValueError) as error:
        first = error if isinstance(error, SyntaxError) else SyntaxError(str(error))
    except (RecursionError, MemoryError):
        return _deep(source)
    return _rescued(source, first)


def _parsed(source: bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _deep(source: bytes) -> ast.Module:
    try:
        return with_deep_stack(lambda: _parsed(source))
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ParseError(TOO_DEEP) from error


def _text(source: bytes) -> str:
    try:
        return decode(source)
    except SyntaxError as error:
        raise ParseError(error.msg, error.lineno or 1) from error


def _rescued(source: bytes, first: SyntaxError) -> ast.Module:
    from idem_lint.source.newer_syntax.rewriting import CannotParse, rescued

    text = _text(source)
    try:
        return rescued(text, CannotParse(first.lineno or 1, first.offset or 1, first.msg))[1]
    except CannotParse as error:
        raise ParseError(error.message, error.line, error.column) from error


class Sources:
    """The bytes of files; ``overlay`` holds texts that stand for a file's content (an editor's buffer), ``kept`` what is
    known from earlier runs of this process.
    """

    def __init__(self, overlay: Mapping[Path, bytes] | None = None, kept: KeptFiles | None = None) -> None:
        self.overlay = dict(overlay or {})
        self.kept = kept
        self.errors: dict[Path, Site] = {}
        self.faults: dict[Path, Exception] = {}
        self._words: dict[Path, frozenset[bytes]] = {}
        self._distinct: dict[bytes, bytes] = {}
        self._last: tuple[Path | None, bytes] = (
            None,
            b"",
        )  # a file's words and its text are asked for in turn

    def read(self, path: Path) -> bytes:
        """The content; empty (with an error kept) where it cannot be read."""
        if path in self.overlay:
            return self.overlay[path]
        if path == self._last[0]:
            return self._last[1]
        try:
            self._last = (path, self._content(path))
            return self._last[1]
        except OSError as error:
            self.errors[path] = problem(path, error)
            return b""

    def _content(self, path: Path) -> bytes:
        if self.kept is not None:
            return self.kept.read(path)
        with open(path, "rb") as file:
            return file.read()

    def words(self, path: Path) -> frozenset[bytes]:
        """Every word in a file."""
        if path not in self._words:
            source = self.read(path)
            known = None if self.kept is None else self.kept.words(path, source)
            self._words[path] = self._found_words(path, source) if known is None else known
        return self._words[path]

    def _found_words(self, path: Path, source: bytes) -> frozenset[bytes]:
        words = set(WORD.findall(source))
        # A word of many files is one object: a project has a hundred times more of the former.
        found = frozenset(map(self._distinct.setdefault, words, words))
        if self.kept is not None:
            self.kept.keep_words(path, source, found)
        return found


def _packages_around(root: Path) -> tuple[str, ...]:
    """The name of the package that a root is, from the outermost one on; empty where it is none. Those who look at a package
    from inside have its modules import each other by names that begin outside.
    """
    names: list[str] = []
    while is_document(root / "__init__.py"):
        names.append(root.name)
        root = root.parent
    return tuple(reversed(names))


class ProjectModules:
    """Modules below a root, by path and by dotted name."""

    def __init__(
        self, root: Path, files: Iterable[Path], sources: Sources, installed: frozenset[str]
    ) -> None:
        self.root = root
        self.sources = sources
        self.loaded: dict[Path, Module | None] = {}
        self._view: tuple[int, list[Module]] = (0, [])
        self._around = _packages_around(root)
        self._installed = installed
        self._tails: dict[str, list[tuple[tuple[str, ...], Path]]] = {}
        self._packages: set[tuple[str, ...]] = set()
        self._found: dict[tuple[str, str], Module | None] = {}
        self._dotted: dict[Path, tuple[str, ...]] = {}
        self._imported: dict[Module, frozenset[Path]] = {}
        for path in files:
            self.add(path)

    def add(self, path: Path) -> None:
        """Make a file known under its dotted name."""
        if path in self._dotted:
            return
        parts = self._parts(path)
        self._dotted[path] = parts
        self._imported.clear()
        if path.stem == "__init__":
            self._packages.add(parts)
        if parts:
            self._tails.setdefault(parts[-1], []).append((parts, path))

    def renew(self, sources: Sources) -> None:
        """Begin anew, with the same files: nothing is loaded."""
        self.sources = sources
        self.loaded.clear()
        self._found.clear()
        self._imported.clear()
        self._view = (0, [])

    def _parts(self, path: Path) -> tuple[str, ...]:
        try:
            relative: PurePath = path.relative_to(self.root)
        except ValueError:
            relative = PurePath(path.name)
        parts = tuple(part.replace(".", "_") for part in relative.with_suffix("").parts)
        return parts[:-1] if parts[-1] == "__init__" else parts

    def knows(self, path: Path) -> bool:
        """Whether a file is one of the project's."""
        return path in self._dotted

    def load(self, path: Path) -> Module | None:
        """The parsed module; ``None`` where it cannot be read or parsed (its error is kept)."""
        if path not in self.loaded:
            self.loaded[path] = None
            self.loaded[path] = self._load(path)
        return self.loaded[path]

    def _load(self, path: Path) -> Module | None:
        self.add(path)
        source = self.sources.read(path)
        try:
            return self._known(path, source) or self._kept(self._module(path, parse(source), source))
        except ParseError as error:
            self.sources.errors[path] = Site(Place(shown(path), error.line, error.column), str(error))
        except RecursionError:
            self.give_up(path)
        except Exception as error:  # noqa: BLE001 - a finding in this file; the others are judged.
            self.sources.faults[path] = error
        return None

    def _known(self, path: Path, source: bytes) -> Module | None:
        kept = self.sources.kept
        return None if kept is None else kept.module(path, ".".join(self._dotted[path]), source)

    def _kept(self, module: Module) -> Module:
        if self.sources.kept is not None:
            self.sources.kept.keep(module)
        return module

    def give_up(self, path: Path) -> None:
        """Keep, as the file's error, that Python's stack is not deep enough for it."""
        self.loaded[path] = None
        self.sources.errors[path] = Site(Place(shown(path), 1, 1), TOO_DEEP)

    def _module(self, path: Path, tree: ast.Module, source: bytes) -> Module:
        """A parsed tree as a module of this project."""
        name, is_package = ".".join(self._dotted[path]), path.stem == "__init__"
        read = partial(
            read_module, name, path, tree, source, is_package=is_package, words=self.sources.words(path)
        )
        try:
            return read()
        except RecursionError:
            return with_deep_stack(read)

    def find(self, dotted: str, importer: Module) -> Module | None:
        """The module ``importer`` gets for an absolute dotted name, if it is the project's."""
        key = (dotted, importer.name)
        if key not in self._found:
            path = self._path(dotted, importer)
            self._found[key] = self.load(path) if path is not None else None
        return self._found[key]

    def in_view(self) -> list[Module]:
        """The modules that have been loaded, in the order of their paths, whatever was loaded first."""
        if self._view[0] != len(self.loaded):
            loaded = sorted(path for path, module in self.loaded.items() if module is not None)
            self._view = len(self.loaded), [m for path in loaded if (m := self.loaded[path]) is not None]
        return self._view[1]

    def unread(self, dotted: str, importer: Module) -> Site | None:
        """Why the project's module that a dotted name leads into could not be read, if that is so."""
        name = dotted
        while name:
            path = self._path(name, importer)
            if path is not None:
                return self.sources.errors.get(path)
            name = name.rpartition(".")[0]
        return None

    def imported_paths(self, importer: Module) -> frozenset[Path]:
        """The files that the import statements of a module name, and those of the packages around them."""
        known = self._imported.get(importer)
        if known is None:
            known = self._imported[importer] = frozenset(self._imported_paths(importer))
        return known

    def _imported_paths(self, importer: Module) -> set[Path]:
        found: set[Path] = set()
        for dotted in importer.imports:
            name = dotted
            while name:
                path = self._path(name, importer)
                if path is not None:
                    found.add(path)
                    break
                name = name.rpartition(".")[0]
        return found

    def parts(self, path: Path) -> tuple[str, ...]:
        """The dotted name of a file, in its parts."""
        return self._dotted[path]

    def _is_inside_out(
        self, candidate: tuple[str, ...], base: tuple[str, ...], here: tuple[str, ...]
    ) -> bool:
        """Whether a module would import a package around itself by the last part of its name alone: ``import stripe`` in
        ``shop/gateways/stripe/client.py`` is somebody else's. One package around is taken for a folder that is run from.
        """
        return base[:-1] in self._packages and here[: len(candidate)] == candidate

    def _below_root(self, parts: tuple[str, ...]) -> Path | None:
        """The file with these parts to its name, from the root on."""
        if not parts:
            return next((path for path, name in self._dotted.items() if not name), None)
        return next((path for name, path in self._tails.get(parts[-1], ()) if name == parts), None)

    def _path(self, dotted: str, importer: Module) -> Path | None:
        parts = tuple(dotted.split("."))
        if parts[0] in sys.stdlib_module_names or parts[0] in self._installed:
            return None
        here = self._dotted[importer.path]
        if self._around and parts[: len(self._around)] == self._around:
            below = self._below_root(parts[len(self._around) :])
            if below is not None:
                return below
        best: tuple[tuple[int, int], Path] | None = None
        for candidate, path in self._tails.get(parts[-1], ()):
            if candidate[-len(parts) :] != parts:
                continue
            base = candidate[: -len(parts)]
            inside = here[: len(base)] == base
            if base in self._packages and (not inside or self._is_inside_out(candidate, base, here)):
                continue
            rank = (len(base) if inside else -1, -len(base))
            if best is None or rank > best[0]:
                best = (rank, path)
        return best[1] if best is not None else None
