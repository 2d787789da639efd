"""Which files depend on others: those that import them, and those that import these, and so on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from idem_lint.engine.imports import ProjectModules, Sources
from idem_lint.frameworks.registry import registry
from idem_lint.settings.config import ConfigOf
from idem_lint.source.discovery import context


def dependents(
    config: ConfigOf, paths: Iterable[Path], changed: Iterable[Path], gone: Iterable[Path]
) -> set[Path]:
    """The files of the project that import a changed one, directly or through others; of one that is gone (or of a new
    one, which an import may have meant before), those that have its name among their words.
    """
    files = dict.fromkeys([*paths, *context(config, [*paths])])
    sources = Sources({})
    modules = ProjectModules(config.root, files, sources, registry().packages)
    found: set[Path] = set()
    waiting = list(changed)
    names = {_name(path) for path in gone}
    for path in files:
        if names & sources.words(path):
            found.add(path)
            waiting.append(path)
    while waiting:
        fresh = set(waiting)
        waiting = list[Path]()
        words = {_name(path) for path in fresh}
        for path in files:
            if path not in found and path not in fresh and words & sources.words(path):
                module = modules.load(path)
                if module is not None and not fresh.isdisjoint(modules.imported_paths(module)):
                    found.add(path)
                    waiting.append(path)
    return found


def _name(path: Path) -> bytes:
    """The word by which another file imports one."""
    name = path.parent.name if path.stem == "__init__" else path.stem
    return name.encode("utf-8", "surrogateescape")
