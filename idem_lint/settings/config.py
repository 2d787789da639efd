"""``[tool.idem-lint]`` in ``pyproject.toml``: what it may say, and a clear error for anything else.

Keys, all optional (globs are relative to the folder of the file, ``**`` crosses folders):

``extend``            another configuration file, whose values count where this one says nothing.
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
``routers``           list of dotted names of callables that register POST, or a table ``"dotted.name" = "POST"``,
                      ``"verb"`` (its arguments name the verb), ``"methods"`` (``methods=`` names them) or ``"nothing"``.
``ledger-writes``     list of dotted names of functions that write the ledger, beside those marked ``@ledger_write``.
``money-models``      list of names of record classes or tables that are money on its way, or a table
                      ``"Name" = "movement"``, ``"holder"`` (it has a balance) or ``"nothing"``.
``select``, ``ignore`` lists of rule codes or their prefixes.
``per-file-ignores``  table ``glob = [codes]``; a glob without a slash matches at any depth.
``require-reasons``   true: a comment that silences a rule has to say why.
``source-url``        where the repository shows a line: an address with ``{path}`` and, if it likes, ``{line}``.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Protocol

from idem_lint.settings.globs import Glob
from idem_lint.settings.money_words import DEFAULT_DOMAINS, DEFAULT_PRESET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from idem_lint.result_types import MarkName, RecordKind, RouterKind

CODES = (
    *(f"IDM{number:03}" for number in range(1, 16)),
    *(f"IDM{number}" for number in range(101, 107)),
    "IDM201",
    "IDM900",
)
"""The codes that ``select``, ``ignore`` and ``per-file-ignores`` may name, whole or by prefix."""


class ConfigError(Exception):
    """A configuration that cannot be used; the message names the file, the key, what was found and what is allowed."""


class ConfigOf(Protocol):
    """The configuration of each file of a run (``Configurations``, or one :class:`Config` for all files)."""

    @property
    def root(self) -> Path:
        """Where dotted names of modules begin, and how far the files that count together reach."""
        ...

    @property
    def jobs(self) -> int:
        """How many processes a run may use; 0: as many as there are processors, where that pays."""
        ...

    def of(self, path: Path) -> Config:
        """The configuration of a file (absolute)."""
        ...

    def every(self, paths: Iterable[Path]) -> list[Config]:
        """The different configurations of some files."""
        ...


class Config(NamedTuple):
    """The settings of one file. ``root`` is the project root: domains are matched on the path below it.

    ``domain_paths`` are the globs of ``domain-paths``; ``domain_names`` says which domain a glob stands for, where the
    key is a table. ``extend_marks`` maps a decorator's dotted name to the mark it implies, ``routers`` a callable's (or a
    base class's) to what it registers. ``select``, ``ignore`` and
    the values of ``per_file_ignores`` are rule codes or their prefixes. ``said_by`` are the files that a key's value comes
    from, the nearest first; ``extended`` are those that ``source`` extends, one after the other.
    """

    root: Path
    source: Path | None = None
    domains: tuple[str, ...] = DEFAULT_DOMAINS
    domain_paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    extend_marks: Mapping[str, MarkName] = MappingProxyType({})
    routers: Mapping[str, RouterKind] = MappingProxyType({})
    ledger_writes: tuple[str, ...] = ()
    money_models: Mapping[str, RecordKind] = MappingProxyType({})
    select: tuple[str, ...] = ("IDM",)
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    all_domains: bool = False
    domain_names: Mapping[str, str] = MappingProxyType({})
    include_tests: bool = False
    sources: Mapping[str, Path] = MappingProxyType({})
    preset: str = DEFAULT_PRESET
    said_by: Mapping[str, tuple[Path, ...]] = MappingProxyType({})
    extended: tuple[Path, ...] = ()
    require_reasons: bool = False
    source_url: str = ""

    def of(self, path: Path) -> Config:  # noqa: ARG002 - see ConfigOf: one configuration for every file
        """Itself: one configuration may stand for those of all files."""
        return self

    def every(self, paths: Iterable[Path]) -> list[Config]:  # noqa: ARG002 - as above
        """Itself alone."""
        return [self]

    @property
    def jobs(self) -> int:
        """One process."""
        return 1

    @property
    def base(self) -> Path:
        """The folder of the configuration file, else the root."""
        return self.root if self.source is None else self.source.parent

    def base_of(self, key: str) -> Path:
        """The folder that the globs of ``key`` are relative to: that of the file which says them."""
        source = self.sources.get(key)
        return self.base if source is None else source.parent

    def relative(self, path: Path, key: str) -> str | None:
        """``path`` below :meth:`base_of` ``key``, with forward slashes; None where it lies elsewhere."""
        base, text = _with_separator(self.base_of(key)), str(path)
        return text[len(base) :].replace(os.sep, "/") if text.startswith(base) else None


def _with_separator(folder: Path) -> str:
    text = str(folder)
    return text if text.endswith(os.sep) else text + os.sep


def ignored_codes(config: Config, path: Path) -> tuple[str, ...]:
    """The codes (or prefixes) that ``per-file-ignores`` takes out of ``path`` (absolute)."""
    relative = config.relative(path, "per-file-ignores")
    if relative is None:
        return ()
    found: list[str] = []
    for glob, codes in config.per_file_ignores.items():
        if Glob(glob if "/" in glob else f"**/{glob}").matches(relative):
            found += codes
    return tuple(found)


def written(value: object) -> str:
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


KEYS = (
    "extend",
    "preset",
    "domains",
    "extend-domains",
    "domain-paths",
    "include-tests",
    "exclude",
    "extend-marks",
    "routers",
    "ledger-writes",
    "money-models",
    "select",
    "ignore",
    "per-file-ignores",
    "require-reasons",
    "source-url",
)


SOURCE_URL = 'an address with {path} and {line}, such as "https://git.example/bank/blob/main/{path}#L{line}"'
"""What ``source-url`` and ``--source-url`` may be, for complaints."""


def is_source_url(text: str) -> bool:
    """Whether ``text`` can be the address of every line of a repository."""
    rest = text.replace("{path}", "").replace("{line}", "")
    is_web = text.startswith(("https://", "http://"))
    return is_web and "{path}" in text and text.isprintable() and not set(rest) & set("{}<>\"' ")


def check_globs(config: Config, files: Sequence[Path]) -> None:
    """Raises ConfigError where a glob of ``domain-paths`` matches none of ``files`` (absolute paths)."""
    if not config.domain_paths:
        return
    key = "domain-paths"
    relatives = [relative for path in files if (relative := config.relative(path, key)) is not None]
    for text in config.domain_paths:
        glob = Glob(text)
        if not any(glob.matches(relative) for relative in relatives):
            folders = {parent for relative in relatives for parent in _prefixes(relative)}
            raise ConfigError(
                f'{config.sources.get(key, config.source)}: [tool.idem-lint] {key}: found "{text}", which matches no '
                f"Python file; allowed: globs relative to {config.base_of(key)} that match one{_nearest_glob(text, folders)}"
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
