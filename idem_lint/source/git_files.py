"""Which Python files a folder holds: git's answer inside a work tree, our own walk elsewhere.

Both leave out what ``.gitignore`` ignores, and neither follows links to folders. What git tracks is somebody's source
and always taken. Of the rest, the folders in ``NEVER`` are left out, and those in ``OUTPUT`` (or with a ``pyvenv.cfg``)
too, unless they are packages; since those could hold source, they are named in :attr:`Listing.skipped`.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from idem_lint.settings.config import Config, ConfigOf
from idem_lint.settings.globs import IgnoreRules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

SUFFIXES = (".py", ".pyw")
NEVER = frozenset((".git", ".hg", ".svn", ".venv", ".tox", ".nox", ".eggs", "node_modules", "__pycache__"))
OUTPUT = frozenset(("build", "dist", "venv"))
_GIT_PLACES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
)
DANGLING, GONE = "it is a link to nothing", "it does not exist"
_SUBMODULE = "160000"


class Listing:
    """What a folder holds. ``problems`` are (path, why) of what cannot be read; ``skipped`` the folders left out."""

    __slots__ = ("files", "problems", "skipped")

    def __init__(self) -> None:
        self.files: list[str] = []
        self.problems: list[tuple[str, str]] = []
        self.skipped: list[str] = []

    def add(self, path: str) -> None:
        """Takes ``path`` if it is a file; says why not otherwise, unless it is gone (tracked, and deleted since)."""
        why = unreadable(path)
        if why is None:
            self.files.append(path)
        elif why != GONE and not (why == DANGLING and os.path.basename(path).startswith(".#")):
            self.problems.append((path, why))  # ".#name" is an editor's lock

    def extend(self, other: Listing) -> None:
        """Takes over what ``other`` holds."""
        self.files += other.files
        self.problems += other.problems
        self.skipped += other.skipped


def unreadable(path: str) -> str | None:
    """Why ``path`` cannot be opened as a source file, as a clause; None where it is a regular file."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return DANGLING if os.path.islink(path) else GONE
    except OSError as error:
        return error.strerror or str(error)
    return None if stat.S_ISREG(mode) else "it is no regular file"


class _Patterns(NamedTuple):
    """The patterns of one configuration, and the folder that they are relative to."""

    base: str
    rules: IgnoreRules | None


class Excludes:
    """``exclude`` of the configuration, and the folders left out by default."""

    def __init__(self, config: ConfigOf) -> None:
        self._config = config
        self._patterns: dict[int, _Patterns] = {}
        self._by_config: dict[str, bool] = {}

    def by_config(self, path: str, *, folder: bool = False) -> bool:
        """True where ``exclude`` takes out ``path`` or a folder above it."""
        parent = path.rpartition(os.sep)[0]
        if not parent:
            return False
        if parent not in self._by_config:
            self._by_config[parent] = self.by_config(parent, folder=True)
        return self._by_config[parent] or self._verdict(path, folder=folder) is True

    def by_default(self, folder: str, names: Container[str] | None = None) -> bool:
        """True for a folder (that holds ``names``) which looks like a build's output or a virtual environment."""
        if names is None:
            known = (f"{folder}{os.sep}{name}" for name in ("pyvenv.cfg", "__init__.py"))
            names = [os.path.basename(path) for path in known if os.path.exists(path)]
        output = folder.rpartition(os.sep)[2] in OUTPUT and "__init__.py" not in names
        return (output or "pyvenv.cfg" in names) and self._verdict(folder, folder=True) is not False

    def _verdict(self, path: str, *, folder: bool) -> bool | None:
        """What the configuration in force where ``path`` lies says: of a folder, that of the folder above it."""
        patterns = self._patterns_for(self._config.of(Path(path)))
        if patterns.rules is None or not path.startswith(patterns.base):
            return None
        relative = path[len(patterns.base) :].replace(os.sep, "/")
        return patterns.rules.verdict(os.fsencode(relative), folder=folder)

    def _patterns_for(self, config: Config) -> _Patterns:
        known = self._patterns.get(id(config))
        if known is None:
            rules = IgnoreRules(os.fsencode(text) for text in config.exclude) if config.exclude else None
            known = self._patterns[id(config)] = _Patterns(os.path.join(config.base_of("exclude"), ""), rules)
        return known


def listing(folder: str, excludes: Excludes) -> Listing:
    """The Python files below ``folder`` (absolute), whether ``exclude`` takes them out or not."""
    answer = _git(folder) if _work_tree(folder) else None
    if answer is None:
        return walk(folder, excludes)
    entries, complete = answer
    found = Listing()
    skipped: dict[str, bool] = {}
    for entry in entries:
        path = os.path.join(folder, entry.path.rstrip("/"))
        if not entry.is_repository and not path.endswith(SUFFIXES):
            continue
        if not entry.tracked and _left_out(path, folder, excludes, skipped):
            continue
        if entry.is_repository:
            found.extend(_nested(path, excludes))
        else:
            found.add(path)
    found.files = list(dict.fromkeys(found.files))
    found.skipped += [path for path, left_out in skipped.items() if left_out]
    if not complete:
        found.problems += walk(folder, excludes).problems
    return found


def _nested(folder: str, excludes: Excludes) -> Listing:
    """A repository inside the work tree; a submodule that was not fetched holds nothing to ask git about."""
    if os.path.lexists(os.path.join(folder, ".git")):
        return listing(folder, excludes)
    return walk(folder, excludes)


def _left_out(path: str, top: str, excludes: Excludes, known: dict[str, bool]) -> bool:
    """True where a folder between ``top`` and ``path`` is left out by default; ``known`` holds the outermost such."""
    parent = path.rpartition(os.sep)[0]
    if parent == top:
        return False
    if _left_out(parent, top, excludes, known):
        return True
    if parent not in known:
        known[parent] = excludes.by_default(parent)
    return known[parent]


class _Entry(NamedTuple):
    path: str
    tracked: bool
    is_repository: bool


def _work_tree(folder: str) -> bool:
    return any(os.path.exists(above / ".git") for above in (Path(folder), *Path(folder).parents))


def _git(folder: str) -> tuple[list[_Entry], bool] | None:
    """What git lists below ``folder``, and whether it could read all of it; None where git cannot be asked."""
    import subprocess

    command = ["git", "ls-files", "-z", "-t", "--stage", "--cached", "--others", "--exclude-standard"]
    command += [f"--exclude={name}/" for name in sorted(NEVER)]
    try:
        done = subprocess.run(command, cwd=folder, env=git_environment(), capture_output=True, check=False)
    except OSError:
        return None
    if done.returncode != 0:
        return None
    return [_entry(os.fsdecode(line)) for line in done.stdout.split(b"\0") if line], not done.stderr


def git_environment() -> dict[str, str]:
    """The environment to ask git in: a hook's names its own repository, but that of the folder is what counts."""
    return {name: value for name, value in os.environ.items() if name not in _GIT_PLACES}


def _entry(line: str) -> _Entry:
    """One record: ``? path`` for what git does not track, else ``tag mode object stage<TAB>path``."""
    if line.startswith("? "):
        return _Entry(line[2:], tracked=False, is_repository=line.endswith("/"))
    head, _, path = line.partition("\t")
    return _Entry(path, tracked=True, is_repository=head.split(" ")[1] == _SUBMODULE)


class _Scope(NamedTuple):
    """Ignore rules and the length of the folder's path they are relative to."""

    rules: IgnoreRules
    start: int


def walk(folder: str, excludes: Excludes, *, as_named: bool = False) -> Listing:
    """As :func:`listing`, without git. ``as_named``: what lies above ``folder`` does not ignore it."""
    found = Listing()
    waiting = [(folder, () if as_named else _scopes_above(folder))]
    while waiting:
        here, scopes = waiting.pop()
        try:
            with os.scandir(here) as entries:
                inside = {entry.name: entry for entry in entries}
        except OSError as error:
            found.problems.append((here, error.strerror or str(error)))
            continue
        if here != folder and excludes.by_default(here, inside):
            found.skipped.append(here)
            continue
        scopes = _scopes(here, scopes, inside)
        waiting += [(entry.path, scopes) for entry in _taken(inside.values(), scopes, found)]
    return found


def _taken(
    entries: Iterable[os.DirEntry[str]], scopes: tuple[_Scope, ...], found: Listing
) -> Iterator[os.DirEntry[str]]:
    """Adds the files of a folder to ``found``, and yields the folders to go on with."""
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in NEVER and not _ignored(entry.path, scopes, folder=True):
                yield entry
        elif entry.name.endswith(SUFFIXES) and not _ignored(entry.path, scopes, folder=False):
            if entry.is_file(follow_symlinks=False):
                found.files.append(entry.path)
            else:
                found.add(entry.path)


def _scopes_above(folder: str) -> tuple[_Scope, ...]:
    """The ignore rules of the folders above ``folder``, from the work tree's top down."""
    above = list(Path(folder).parents)
    tops = [index for index, parent in enumerate((Path(folder), *above)) if os.path.exists(parent / ".git")]
    scopes: tuple[_Scope, ...] = ()
    for parent in reversed(above[: tops[0]] if tops else ()):
        scopes = _scopes(str(parent), scopes, (".git", ".gitignore"))
    return scopes


def _scopes(folder: str, above: tuple[_Scope, ...], names: Container[str]) -> tuple[_Scope, ...]:
    """The rules in force in ``folder``, which holds ``names``; the strongest last. A repository starts afresh."""
    files: list[str] = []
    git = os.path.join(folder, ".git")
    if ".git" in names and os.path.exists(git):
        above = ()
        files.append(os.path.join(git, "info", "exclude"))
    if ".gitignore" in names:
        files.append(os.path.join(folder, ".gitignore"))
    start = len(os.path.join(os.fsencode(folder), b"")) if files else 0
    for content in map(_content, files):
        if content:
            above = (*above, _Scope(IgnoreRules.parse(content), start))
    return above


def _content(file: str) -> bytes:
    try:
        with open(file, "rb") as handle:
            return handle.read()
    except OSError:
        return b""


def _ignored(path: str, scopes: tuple[_Scope, ...], *, folder: bool) -> bool:
    if not scopes:
        return False
    raw = os.fsencode(path).replace(os.fsencode(os.sep), b"/")
    verdicts = (rules.verdict(raw[start:], folder=folder) for rules, start in reversed(scopes))
    return next((verdict for verdict in verdicts if verdict is not None), False)
