"""Where the configuration of a file stands: in the nearest ``pyproject.toml`` above it with a ``[tool.idem-lint]`` table.

``extend = "../pyproject.toml"`` takes over what another file says. A key of the file itself takes the place of the same
key there; what ``extend-domains`` and ``extend-marks`` say is added. Globs are relative to the file that they stand in.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, NamedTuple, cast

from idem_lint.settings.config import Config, ConfigError, written
from idem_lint.settings.money_words import DEFAULT_DOMAINS, DEFAULT_PRESET, PRESETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from idem_lint.settings.config_reader import Table

_MISNAMED = re.compile(rb"(?i)tool\s*\.\s*[\"']?idem")
_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg")
_ADDED = ("extend-domains", "extend-marks")
NOTHING_UNSAVED: Mapping[Path, bytes] = {}


class Configurations:
    """The configuration of each file of a run.

    ``explicit`` is the file of ``--config``, which then counts for all. ``preset`` takes the place of every file's, and
    ``adjust`` changes what was read (by the options of a command line). ``root`` is where dotted names of modules begin:
    the project root of what ``paths`` have in common. ``unsaved``: texts that stand for what is stored, by path.
    ``jobs``: how many processes the run may use; 0: as many as there are processors, where that pays.
    """

    def __init__(
        self,
        paths: Sequence[Path] = (),
        explicit: Path | None = None,
        *,
        preset: str | None = None,
        adjust: Callable[[Config], Config] = lambda config: config,
        unsaved: Mapping[Path, bytes] = NOTHING_UNSAVED,
        jobs: int = 1,
    ) -> None:
        self.jobs = jobs
        self._preset = preset
        self._unsaved = unsaved
        self._adjust = adjust
        self._folders: dict[str, Config] = {}
        self._working_directory = os.getcwd()
        self._by_file: dict[tuple[Path | None, Path], Config] = {}
        start = Path.cwd() if explicit is not None else _common(paths)
        self._only = (
            None if explicit is None else adjust(load(start, explicit, preset=preset, unsaved=unsaved))
        )
        self.root = find_root(start) if self._only is None else self._only.root

    def of(self, path: Path) -> Config:
        """The configuration of a file (absolute). Raises ConfigError."""
        return self._only or self._of_folder(str(path).rpartition(os.sep)[0] or os.sep)

    def every(self, paths: Iterable[Path]) -> list[Config]:
        """The different configurations of some files."""
        return list({id(config): config for config in map(self.of, paths)}.values())

    def _of_folder(self, folder: str) -> Config:
        known = self._folders.get(folder)
        if known is None:
            parent = folder.rpartition(os.sep)[0]
            known = (
                self._loaded(folder) if not parent or self._may_be_root(folder) else self._of_folder(parent)
            )
            self._folders[folder] = known
        return known

    def _may_be_root(self, folder: str) -> bool:
        """Whether a configuration or a project root may be found for ``folder`` that is not found for its parent."""
        names = (".git", *_MARKERS)
        return folder == self._working_directory or any(
            os.path.lexists(f"{folder}{os.sep}{name}") for name in names
        )

    def _loaded(self, folder: str) -> Config:
        config = load(Path(folder), preset=self._preset, unsaved=self._unsaved)
        key = config.source, config.root
        if key not in self._by_file:
            self._by_file[key] = self._adjust(config)
        return self._by_file[key]


def _common(paths: Sequence[Path]) -> Path:
    return Path(os.path.commonpath([os.path.abspath(path) for path in paths or (Path(),)]))


def find_root(path: Path, config_source: Path | None = None) -> Path:
    """The project root for ``path`` (a file or folder): where the path that domains are matched on begins.

    The nearest ancestor with ``.git`` (a folder, or the file of a work tree); else the outermost ancestor with
    ``pyproject.toml``, ``setup.py``, ``setup.cfg`` or the configuration file; else the working directory if ``path``
    lies below it; else the root of the file system, so that the whole path counts.
    """
    top = repository_top(path)
    if top is not None:
        return top
    folders = _upwards(path)
    home = None if config_source is None else config_source.parent
    marked = [f for f in folders if f == home or any(os.path.isfile(f / marker) for marker in _MARKERS)]
    if marked:
        return marked[-1]
    cwd = Path.cwd()
    return cwd if cwd in folders else folders[-1]


def repository_top(path: Path) -> Path | None:
    """The nearest of ``path`` and the folders above it with ``.git`` (a folder, or the file of a work tree)."""
    # Path.exists would raise for a folder that may not be searched.
    return next((folder for folder in _upwards(path) if os.path.exists(folder / ".git")), None)


def _upwards(path: Path) -> list[Path]:
    """The folder of ``path`` (itself, if it is one) and all above it. Links are kept: names count, not targets."""
    absolute = Path(os.path.abspath(path))
    return [absolute, *absolute.parents] if os.path.isdir(absolute) else list(absolute.parents)


class _Layered(NamedTuple):
    """What a file says, with what it takes over from others, the files that each key comes from (the nearest first), and
    those that are extended.
    """

    table: Table
    said_by: dict[str, tuple[Path, ...]]
    extended: tuple[Path, ...] = ()

    @property
    def sources(self) -> dict[str, Path]:
        """The file that each key comes from, or the nearest of several."""
        return {key: files[0] for key, files in self.said_by.items()}


def load(
    start: Path,
    explicit: Path | None = None,
    *,
    preset: str | None = None,
    unsaved: Mapping[Path, bytes] = NOTHING_UNSAVED,
) -> Config:
    """The configuration for ``start`` (a file or folder): that of ``explicit``, else of the nearest ``pyproject.toml``
    at or above ``start`` with a ``[tool.idem-lint]`` table, else the defaults. ``preset`` takes the place of the table's.

    Raises ConfigError for a file that cannot be read or is no TOML, an unknown key, a wrong type or value.
    """
    source, table = _explicit(explicit, unsaved) if explicit is not None else _nearest(start, unsaved)
    root = find_root(start, source)
    if source is None:
        name = preset or DEFAULT_PRESET
        return Config(root, domains=(*DEFAULT_DOMAINS, *PRESETS[name]), preset=name)
    from idem_lint.settings.config_reader import Reader

    layered = _layered(source, table, (), unsaved)
    chosen = {} if preset is None else {"preset": preset}
    config = Reader(source, {**layered.table, **chosen}, layered.sources).config(root)
    return config._replace(said_by=layered.said_by, extended=layered.extended)


def _layered(source: Path, table: Table, below: tuple[Path, ...], unsaved: Mapping[Path, bytes]) -> _Layered:
    """The table of ``source`` on top of what it extends; ``below`` are the files that extend it."""
    from idem_lint.settings.config_reader import check_keys

    check_keys(source, table)
    own = {key: value for key, value in table.items() if key != "extend"}
    if "extend" not in table:
        return _Layered(own, dict.fromkeys(own, (source,)))
    path, parent = _parent(source, table["extend"], (*below, source), unsaved)
    added = {key: _added(parent.table[key], own[key]) for key in _ADDED if key in own and key in parent.table}
    said_by = {key: (source, *parent.said_by[key]) if key in added else (source,) for key in own}
    return _Layered({**parent.table, **own, **added}, {**parent.said_by, **said_by}, (path, *parent.extended))


def _parent(
    source: Path, name: object, below: tuple[Path, ...], unsaved: Mapping[Path, bytes]
) -> tuple[Path, _Layered]:
    where = f"{source}: [tool.idem-lint] extend: found {written(name)}"
    if not isinstance(name, str) or not name:
        raise ConfigError(f'{where}; allowed: the path of a file, such as "../pyproject.toml"')
    path = Path(os.path.normpath(source.parent / name))
    if path in below:
        circle = " extends ".join(map(str, (*below[below.index(path) :], path)))
        raise ConfigError(f"{where}, which goes round in a circle: {circle}")
    if not path.is_file():
        raise ConfigError(f"{where}; there is no file {path}")
    table = read_table(path, unsaved)
    if table is None:
        raise ConfigError(f"{where}, which has no [tool.idem-lint] table")
    return path, _layered(path, table, below, unsaved)


def _added(parent: object, own: object) -> object:
    """Two lists, or two tables, or one of each (of marks): what both say, the file's own last."""
    if isinstance(parent, list) and isinstance(own, list):
        return [*cast("list[object]", parent), *cast("list[object]", own)]
    if isinstance(parent, list | dict) and isinstance(own, list | dict):
        return {**_marks(cast("Table | list[str]", parent)), **_marks(cast("Table | list[str]", own))}
    return own


def _marks(value: Table | list[str]) -> Table:
    return value if isinstance(value, dict) else dict.fromkeys(value, "money_moving")


def _explicit(path: Path, unsaved: Mapping[Path, bytes]) -> tuple[Path, Table]:
    path = Path(os.path.abspath(path))
    table = read_table(path, unsaved)
    if table is None:
        raise ConfigError(f"{path}: has no [tool.idem-lint] table, which --config needs")
    return path, table


def _nearest(start: Path, unsaved: Mapping[Path, bytes]) -> tuple[Path | None, Table]:
    for folder in _upwards(start):
        candidate = folder / "pyproject.toml"
        if os.path.exists(candidate):
            table = read_table(candidate, unsaved)
            if table is not None:
                return candidate, table
    return None, {}


def read_table(path: Path, unsaved: Mapping[Path, bytes] = NOTHING_UNSAVED) -> Table | None:
    """The table in ``path``; None where there is none. TOML is parsed only where the name, or one like it, occurs."""
    try:
        content = unsaved[path] if path in unsaved else path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    if b"idem-lint" not in content and not _MISNAMED.search(content):
        return None
    import tomllib

    try:
        tool: Any = tomllib.loads(content.decode("utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from error
    tables = cast("Table", tool) if isinstance(tool, dict) else {}
    for name in tables:
        if name != "idem-lint" and re.sub(r"[-_]", "", name.casefold()) in ("idemlint", "idemguard"):
            raise ConfigError(
                f'{path}: found [tool.{name}]; allowed: [tool.idem-lint]; did you mean "idem-lint"?'
            )
    found: Any = tables.get("idem-lint")
    if found is None or isinstance(found, dict):
        return cast("Table | None", found)
    raise ConfigError(f"{path}: tool.idem-lint: found {written(found)}; allowed: a table, [tool.idem-lint]")
