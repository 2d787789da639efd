"""The files that have a say about one file: few enough to judge it while somebody types.

``imports``: what it imports, directly or through others, and what imports it, directly or through others. Files that
register a handler by a name in a text (a Django ``include("wallet.urls")``) are missing there; in ``names`` every file is
added that has the words of such a name, with what it imports. Whether that is enough depends on the project, so nobody
relies on it: the whole project is asked once, and the least that says the same is taken (:class:`ChooseReach`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from idem_lint.engine.imports import ProjectModules, Sources
from idem_lint.frameworks.registry import registry
from idem_lint.running.reading import Reading
from idem_lint.server.messages import Reach


class NearbyFiles:
    """Of the files of one project, as long as nobody says that some may have come or gone."""

    def __init__(self, root: Path, files: Sequence[Path]) -> None:
        self._files = list(files)
        self._sources = Sources()
        self._modules = ProjectModules(root, self._files, self._sources, registry().packages)
        self._asking: dict[tuple[Path, Reach], list[Path]] = {}
        """What leads to a file is asked once: to type in it changes what it imports, not what imports it."""

    def of(self, path: Path, reach: Reach, reading: Reading) -> Sequence[Path]:
        """The files in view, where ``path`` is judged."""
        if reach == "project":
            return self._files
        self._sources = Sources(reading.overlay, reading.kept)
        self._modules.renew(self._sources)
        if (path, reach) not in self._asking:
            leads = self._imports_any if reach == "imports" else _always
            self._asking[path, reach] = self._above(path, leads)
        asking = self._asking[path, reach]
        below = self._below([path] if reach == "imports" else asking)
        return sorted({*asking, *below, *self._packages([*asking, *below])})

    def _above(self, path: Path, leads: Callable[[Path, set[Path]], bool]) -> list[Path]:
        """The file, and those that lead to it, directly or through others."""
        found = {path: None}
        waiting = [path]
        while waiting:
            fresh = set(waiting)
            waiting = list[Path]()
            names = [self._name(each) for each in fresh]
            for file in self._files:
                if file not in found and self._has(file, names) and leads(file, fresh):
                    found[file] = None
                    waiting.append(file)
        return list(found)

    def _name(self, path: Path) -> tuple[bytes, bytes, Path]:
        """The last two parts of a module's name, and the folder where the second of them is left out."""
        self._modules.add(path)
        *_, parent, last = ("", "", *self._modules.parts(path))
        folder = path.parent.parent if path.stem == "__init__" else path.parent
        return parent.encode(), last.encode(), folder

    def _has(self, path: Path, names: Iterable[tuple[bytes, bytes, Path]]) -> bool:
        words = self._sources.words(path)
        return any(
            last in words and (not parent or parent in words or folder in path.parents)
            for parent, last, folder in names
        )

    def _imports_any(self, path: Path, others: set[Path]) -> bool:
        module = self._modules.load(path)
        return module is not None and not others.isdisjoint(self._modules.imported_paths(module))

    def _below(self, paths: Iterable[Path]) -> set[Path]:
        """What some files import, directly or through others."""
        found: set[Path] = set()
        waiting = list(paths)
        while waiting:
            module = self._modules.load(waiting.pop())
            fresh = self._modules.imported_paths(module) - found if module is not None else frozenset[Path]()
            found |= fresh
            waiting += fresh
        return found

    def _packages(self, paths: Iterable[Path]) -> set[Path]:
        """The packages around some files: without them, dotted names would be read in another way."""
        folders = {folder for path in paths for folder in path.parents}
        return {path for path in self._files if path.stem == "__init__" and path.parent in folders}


def _always(_path: Path, _others: set[Path]) -> bool:
    return True
