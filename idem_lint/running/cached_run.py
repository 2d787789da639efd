"""The answer of a run, kept for the next one: as long as nothing that it depends on has changed, nothing is judged again."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import cast

from idem_lint import __version__
from idem_lint.running.result_text import decoded, encoded
from idem_lint.source.cache import Cache
from idem_lint.source.documents import listing, remembered
from idem_lint.source.file_hashes import FileHashes, hash_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, TypeVar

    from idem_lint.settings.config import ConfigOf

    _Result = TypeVar("_Result")

_BESIDE = ("project.json", "pyproject.toml")
"""What a folder may hold that says something about the files below it."""


def kept(
    name: str,
    config: ConfigOf,
    question: Iterable[object],
    files: Sequence[Path],
    find: Callable[[], _Result],
) -> _Result:
    """The answer of ``find``, from an earlier run where that is still right.

    ``question`` is what is asked, apart from the contents of ``files`` and of the documents that ``find`` reads.
    """
    cache = Cache(config.root)
    hashes = FileHashes(cache)
    parts = [name, *_tool(), os.getcwd(), str(config.root), *map(repr, question)]
    key = hash_of([*parts, *_settings(files, config), *_contents(files, config.root, hashes)])
    answer = _stored(cache, key, hashes)
    if answer is None:
        with cache.alone(key):
            # Another run may have been at the same question: flake8 has as many processes as there are cores.
            answer = _stored(cache, key, hashes)
            if answer is None:
                return _find(find, cache, key, hashes)
    hashes.keep()
    return cast("_Result", answer[0])


def _find(find: Callable[[], _Result], cache: Cache, key: str, hashes: FileHashes) -> _Result:
    """The answer of ``find``, kept under ``key``."""
    with remembered() as documents:
        found = find()
    contents = {path: _content(path, hashes) for path in sorted(documents)}
    if hashes.are_still():
        cache.put(key, [contents, encoded(found)])
        hashes.keep()
    return found


def _stored(cache: Cache, key: str, hashes: FileHashes) -> tuple[Any] | None:
    try:
        documents, answer = cache.get(key)
        if all(_content(path, hashes) == content for path, content in documents.items()):
            return (decoded(answer),)
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
        pass  # none, or not one of this version
    return None


def _content(document: str, hashes: FileHashes) -> str:
    """What tells one state of a document from another; of a listing the paths that are in it."""
    paths = listing(document)
    return hashes.of(document) if paths is None else hash_of(paths)


def _settings(files: Sequence[Path], config: ConfigOf) -> Iterator[str]:
    """The configurations of the files, and which file has which."""
    every = config.every(files)
    yield from map(repr, every)
    if len(every) > 1:
        places = {id(one): str(place) for place, one in enumerate(every)}
        yield from (places[id(config.of(path))] for path in files)


def _contents(files: Iterable[Path], root: Path, hashes: FileHashes) -> Iterator[str]:
    folders: dict[str, None] = {}
    for path in files:
        text = str(path)
        yield text
        yield hashes.of(text)
        folder = os.path.dirname(text)
        while folder not in folders:
            folders[folder] = None
            if folder == str(root):
                break
            folder = os.path.dirname(folder)
    for folder in folders:
        for name in _BESIDE:
            content = hashes.of(f"{folder}{os.sep}{name}")
            if content:
                yield f"{folder}{os.sep}{name}"
                yield content


def _tool() -> Iterator[str]:
    """What answers: this version of idem-lint, to the file, and this interpreter; PyYAML reads OpenAPI documents."""
    yield from (__version__, sys.version, sys.executable)
    package = Path(__file__).parents[1]
    for folder, folders, names in os.walk(package):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            status = os.stat(os.path.join(folder, name))
            yield f"{name} {status.st_size} {status.st_mtime_ns}"
    yield from (path for path in sys.path if os.path.isdir(os.path.join(path, "yaml")))
