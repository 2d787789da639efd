"""``[tool.idem-lint]`` in ``pyproject.toml``: what it may say, and a clear error for anything else.

Keys, all optional (globs are relative to the folder of the file, ``**`` crosses folders):

``preset``            ``"adr007"`` (default): wallet, payroll, ewa, lending, savings. ``"adr007-extended"`` adds what
                      else ADR-007 lists as money-moving: bnpl, bill-payment, settlement, payout, webhook. ``"money"``
                      adds what says money wherever it stands: payment, transfer, refund and many more.
``domains``           list of names; replaces the five of ADR-007 (what ``adr007-extended`` adds stays added).
``extend-domains``    list of names; added to the others.
``domain-paths``      list of globs (files in no other domain are in "custom"), or a table ``glob = "domain"``.
``include-tests``     true: tests (``tests/``, ``test_*.py``, ``conftest.py``) are judged, too.
``exclude``           list of patterns in gitignore's syntax; ``!build`` takes back a folder left out by default.
``extend-marks``      list of dotted names of decorators (or FastAPI dependencies) that imply ``@money_moving``, or a
                      table ``"dotted.name" = "money_moving"`` / ``"not_money_moving"``.
``select``, ``ignore`` lists of rule codes or their prefixes.
``per-file-ignores``  table ``glob = [codes]``; a glob without a slash matches at any depth.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, cast

from idem_lint.settings.globs import Glob
from idem_lint.settings.money_words import DEFAULT_DOMAINS, PRESETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from idem_lint.result_types import MarkName

CODES = (*(f"IDM{number:03}" for number in range(1, 12)), "IDM900")
"""The codes that ``select``, ``ignore`` and ``per-file-ignores`` may name, whole or by prefix."""

_MARKS: tuple[MarkName, ...] = ("money_moving", "not_money_moving")
_MISNAMED = re.compile(rb"(?i)tool\s*\.\s*[\"']?idem")
_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg")
_Table: TypeAlias = dict[str, Any]


class ConfigError(Exception):
    """A configuration that cannot be used; the message names the file, the key, what was found and what is allowed."""


class Config(NamedTuple):
    """The settings of one run. ``root`` is the project root: domains are matched on the path below it.

    ``domain_paths`` are the globs of ``domain-paths``; ``domain_names`` says which domain a glob stands for, where the
    key is a table. ``extend_marks`` maps a decorator's dotted name to the mark it implies. ``select``, ``ignore`` and
    the values of ``per_file_ignores`` are rule codes or their prefixes.
    """

    root: Path
    source: Path | None = None
    domains: tuple[str, ...] = DEFAULT_DOMAINS
    domain_paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    extend_marks: Mapping[str, MarkName] = MappingProxyType({})
    select: tuple[str, ...] = ("IDM",)
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    all_domains: bool = False
    domain_names: Mapping[str, str] = MappingProxyType({})
    include_tests: bool = False

    @property
    def base(self) -> Path:
        """The folder that globs are relative to: that of the configuration file, else the root."""
        return self.root if self.source is None else self.source.parent

    def relative(self, path: Path) -> str | None:
        """``path`` below :attr:`base`, with forward slashes; None where it lies elsewhere."""
        base, text = _with_separator(self.base), str(path)
        return text[len(base) :].replace(os.sep, "/") if text.startswith(base) else None


def _with_separator(folder: Path) -> str:
    text = str(folder)
    return text if text.endswith(os.sep) else text + os.sep


def ignored_codes(config: Config, path: Path) -> tuple[str, ...]:
    """The codes (or prefixes) that ``per-file-ignores`` takes out of ``path`` (absolute)."""
    relative = config.relative(path)
    if relative is None:
        return ()
    found: list[str] = []
    for glob, codes in config.per_file_ignores.items():
        if Glob(glob if "/" in glob else f"**/{glob}").matches(relative):
            found += codes
    return tuple(found)


def find_root(path: Path, config_source: Path | None = None) -> Path:
    """The project root for ``path`` (a file or folder): where the path that domains are matched on begins.

    The nearest ancestor with ``.git`` (a folder, or the file of a work tree); else the outermost ancestor with
    ``pyproject.toml``, ``setup.py``, ``setup.cfg`` or the configuration file; else the working directory if ``path``
    lies below it; else the root of the file system, so that the whole path counts.
    """
    folders = _upwards(path)
    for folder in folders:
        if os.path.exists(
            folder / ".git"
        ):  # not Path.exists, which raises for a folder that may not be searched
            return folder
    home = None if config_source is None else config_source.parent
    marked = [f for f in folders if f == home or any(os.path.isfile(f / marker) for marker in _MARKERS)]
    if marked:
        return marked[-1]
    cwd = Path.cwd()
    return cwd if cwd in folders else folders[-1]


def _upwards(path: Path) -> list[Path]:
    """The folder of ``path`` (itself, if it is one) and all above it. Links are kept: names count, not targets."""
    absolute = Path(os.path.abspath(path))
    return [absolute, *absolute.parents] if os.path.isdir(absolute) else list(absolute.parents)


def load(start: Path, explicit: Path | None = None, *, preset: str | None = None) -> Config:
    """The configuration for ``start`` (a file or folder): that of ``explicit``, else of the nearest ``pyproject.toml``
    at or above ``start`` with a ``[tool.idem-lint]`` table, else the defaults. ``preset`` takes the place of the table's.

    Raises ConfigError for a file that cannot be read or is no TOML, an unknown key, a wrong type or value.
    """
    source, table = _explicit(explicit) if explicit is not None else _nearest(start)
    root = find_root(start, source)
    if preset is not None:
        table = {**table, "preset": preset}
    if source is None:
        return Config(root, domains=(*DEFAULT_DOMAINS, *PRESETS[preset or "adr007"]))
    return _Reader(source, table).config(root)


def _explicit(path: Path) -> tuple[Path, _Table]:
    path = Path(os.path.abspath(path))
    table = _table(path)
    if table is None:
        raise ConfigError(f"{path}: has no [tool.idem-lint] table, which --config needs")
    return path, table


def _nearest(start: Path) -> tuple[Path | None, _Table]:
    for folder in _upwards(start):
        candidate = folder / "pyproject.toml"
        if os.path.exists(candidate):
            table = _table(candidate)
            if table is not None:
                return candidate, table
    return None, {}


def _table(path: Path) -> _Table | None:
    """The table in ``path``; None where there is none. TOML is parsed only where the name, or one like it, occurs."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    if b"idem-lint" not in content and not _MISNAMED.search(content):
        return None
    import tomllib

    try:
        tool: Any = tomllib.loads(content.decode("utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from error
    tables = cast(_Table, tool) if isinstance(tool, dict) else {}
    for name in tables:
        if name != "idem-lint" and re.sub(r"[-_]", "", name.casefold()) in ("idemlint", "idemguard"):
            raise ConfigError(
                f'{path}: found [tool.{name}]; allowed: [tool.idem-lint]; did you mean "idem-lint"?'
            )
    found: Any = tables.get("idem-lint")
    if found is None or isinstance(found, dict):
        return cast("_Table | None", found)
    raise ConfigError(f"{path}: tool.idem-lint: found {_written(found)}; allowed: a table, [tool.idem-lint]")


def _written(value: object) -> str:
    """``value`` about as TOML writes it, with its type where that is not plain."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    return "an empty list" if value == [] else repr(value)


def nearest_spelling(found: str, allowed: Iterable[str]) -> str:
    """``; did you mean "…"?`` for the closest of ``allowed``, or nothing where none is close."""
    import difflib

    by_fold = {name.casefold(): name for name in allowed}
    close = difflib.get_close_matches(found.casefold(), by_fold, n=1, cutoff=0.5)
    return f'; did you mean "{by_fold[close[0]]}"?' if close else ""


class _Reader:
    """Turns the table of one file into a Config, naming the file and the key in every complaint."""

    def __init__(self, source: Path, table: _Table) -> None:
        self._source = source
        self._table = table

    def config(self, root: Path) -> Config:
        self._known_keys()
        paths, names = self._domain_paths()
        return Config(
            root,
            self._source,
            domains=self._domains(has_paths=bool(paths)),
            domain_paths=paths,
            domain_names=names,
            include_tests=self._flag("include-tests"),
            exclude=self._strings("exclude", self._pattern),
            extend_marks=self._extend_marks(),
            select=self._strings("select", self._code, default=("IDM",)),
            ignore=self._strings("ignore", self._code),
            per_file_ignores=self._per_file_ignores(),
        )

    def _error(self, key: str, found: object, allowed: str, hint: str = "") -> ConfigError:
        return ConfigError(
            f"{self._source}: [tool.idem-lint] {key}: found {_written(found)}; allowed: {allowed}{hint}"
        )

    def _known_keys(self) -> None:
        for key in self._table:
            if key not in KEYS:
                raise ConfigError(
                    f'{self._source}: [tool.idem-lint]: found the unknown key "{key}"; '
                    f"allowed: {', '.join(KEYS)}{nearest_spelling(key, KEYS)}"
                )

    def _list(self, key: str, value: object, check: Callable[[str, str], str]) -> tuple[str, ...]:
        if not isinstance(value, list):
            hint = f"; did you mean [{_written(value)}]?" if isinstance(value, str) else ""
            raise self._error(key, value, "a list of strings", hint)
        return tuple(check(key, self._string(key, item)) for item in cast("list[object]", value))

    def _string(self, key: str, value: object) -> str:
        if not isinstance(value, str):
            raise self._error(key, value, "a string")
        return value

    def _flag(self, key: str) -> bool:
        value = self._table.get(key, False)
        if not isinstance(value, bool):
            raise self._error(key, value, "true or false")
        return value

    def _strings(
        self, key: str, check: Callable[[str, str], str], default: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        return self._list(key, self._table[key], check) if key in self._table else default

    def _domains(self, *, has_paths: bool) -> tuple[str, ...]:
        preset = self._string("preset", self._table.get("preset", "adr007"))
        if preset not in PRESETS:
            allowed = " or ".join(f'"{name}"' for name in PRESETS)
            raise self._error("preset", preset, allowed, nearest_spelling(preset, PRESETS))
        base = self._strings("domains", self._domain, DEFAULT_DOMAINS)
        found = (*base, *PRESETS[preset], *self._strings("extend-domains", self._domain))
        if not found and not has_paths:
            raise self._error("domains", [], "at least one name here, in extend-domains or in domain-paths")
        return tuple(dict.fromkeys(found))

    def _domain(self, key: str, name: str) -> str:
        if not any(character.isalpha() for character in name) or "/" in name:
            raise self._error(key, name, 'names of one or more words, such as "wallet" or "bill-payment"')
        return name

    def _glob(self, key: str, text: str) -> str:
        outside = text.startswith(("/", "~")) or ":" in text[:2] or ".." in text.split("/")
        if not text.strip("./ ") or outside:
            raise self._error(key, text, f'globs relative to {self._source.parent}, such as "apps/pay/**"')
        if not Glob(text).usable:
            raise self._error(key, text, "globs with closed brackets and no backslash at the end")
        return text

    def _pattern(self, key: str, text: str) -> str:
        """A pattern of ``exclude``: gitignore's syntax, so a leading slash or ``!`` is fine."""
        self._glob(key, text.removeprefix("!").removeprefix("/"))
        return text

    def _code(self, key: str, code: str) -> str:
        if code and any(known.startswith(code) for known in CODES):
            return code
        raise self._error(
            key, code, f"rule codes or their prefixes: IDM, {', '.join(CODES)}", nearest_spelling(code, CODES)
        )

    def _dotted(self, key: str, name: str) -> str:
        if all(part.isidentifier() for part in name.split(".")):
            return name
        raise self._error(key, name, 'dotted names, such as "bank.marks.guarded"')

    def _mark(self, key: str, value: object) -> MarkName:
        name = self._string(key, value)
        for mark in _MARKS:
            if name == mark:
                return mark
        raise self._error(
            key, name, " or ".join(f'"{mark}"' for mark in _MARKS), nearest_spelling(name, _MARKS)
        )

    def _list_or_table(self, key: str, of_table: str) -> list[object] | _Table:
        value = self._table.get(key, [])
        if isinstance(value, (list, dict)):
            return cast("list[object] | _Table", value)
        raise self._error(key, value, f"a list of strings, or a table {of_table}")

    def _domain_paths(self) -> tuple[tuple[str, ...], dict[str, str]]:
        key = "domain-paths"
        value = self._list_or_table(key, 'glob = "domain"')
        if isinstance(value, list):
            return self._list(key, value, self._glob), {}
        names = {
            self._glob(key, glob): self._domain(f'{key}."{glob}"', self._string(f'{key}."{glob}"', name))
            for glob, name in value.items()
        }
        return tuple(names), names

    def _extend_marks(self) -> dict[str, MarkName]:
        key = "extend-marks"
        value = self._list_or_table(key, '"dotted.name" = "money_moving" or "not_money_moving"')
        if isinstance(value, list):
            return dict.fromkeys(self._list(key, value, self._dotted), "money_moving")
        return {self._dotted(key, name): self._mark(f'{key}."{name}"', mark) for name, mark in value.items()}

    def _per_file_ignores(self) -> dict[str, tuple[str, ...]]:
        key = "per-file-ignores"
        value: object = self._table.get(key, {})
        if not isinstance(value, dict):
            raise self._error(key, value, 'a table glob = ["IDM001", …]')
        return {
            self._glob(key, glob): self._list(f'{key}."{glob}"', codes, self._code)
            for glob, codes in cast(_Table, value).items()
        }


KEYS = (
    "preset",
    "domains",
    "extend-domains",
    "domain-paths",
    "include-tests",
    "exclude",
    "extend-marks",
    "select",
    "ignore",
    "per-file-ignores",
)


def check_globs(config: Config, files: Sequence[Path]) -> None:
    """Raises ConfigError where a glob of ``domain-paths`` matches none of ``files`` (absolute paths)."""
    if not config.domain_paths:
        return
    relatives = [relative for relative in map(config.relative, files) if relative is not None]
    for text in config.domain_paths:
        glob = Glob(text)
        if not any(glob.matches(relative) for relative in relatives):
            folders = {parent for relative in relatives for parent in _prefixes(relative)}
            raise ConfigError(
                f'{config.source}: [tool.idem-lint] domain-paths: found "{text}", which matches no Python file; '
                f"allowed: globs relative to {config.base} that match one{_nearest_glob(text, folders)}"
            )


def _prefixes(relative: str) -> list[str]:
    parts = relative.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _nearest_glob(text: str, folders: Iterable[str]) -> str:
    """A hint with the misspelt literal part in front of the first wildcard put right."""
    parts = text.removeprefix("./").split("/")
    literal = next((i for i, part in enumerate(parts) if any(c in part for c in "*?[\\")), len(parts))
    hint = nearest_spelling("/".join(parts[:literal]), folders) if literal else ""
    return hint if literal == len(parts) or not hint else f'{hint[:-2]}/{"/".join(parts[literal:])}"?'
