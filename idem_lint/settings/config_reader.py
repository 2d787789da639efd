"""From the table of a configuration file to its values, or to an error that says what to write instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

from idem_lint.settings.config import (
    CODES,
    KEYS,
    SOURCE_URL,
    Config,
    ConfigError,
    is_source_url,
    nearest_spelling,
    written,
)
from idem_lint.settings.globs import Glob
from idem_lint.settings.money_words import DEFAULT_DOMAINS, DEFAULT_PRESET, PRESETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from idem_lint.result_types import MarkName, RecordKind, RouterKind

Table: TypeAlias = dict[str, Any]
_MARKS: tuple[MarkName, ...] = ("money_moving", "not_money_moving")
_ROUTERS: tuple[RouterKind, ...] = ("POST", "verb", "methods", "nothing")
_RECORDS: tuple[RecordKind, ...] = ("movement", "holder", "nothing")
_Choice = TypeVar("_Choice", bound=str)


def check_keys(source: Path, table: Table) -> None:
    """Raises ConfigError for a key that there is not."""
    for key in table:
        if key not in KEYS:
            raise ConfigError(
                f'{source}: [tool.idem-lint]: found the unknown key "{key}"; '
                f"allowed: {', '.join(KEYS)}{nearest_spelling(key, KEYS)}"
            )


class Reader:
    """Turns a table into a Config, naming the file and the key in every complaint.

    ``sources`` says which file a key comes from, where that is not ``source`` itself (``extend``).
    """

    def __init__(self, source: Path, table: Table, sources: Mapping[str, Path]) -> None:
        self._source = source
        self._table = table
        self._sources = sources

    def config(self, root: Path) -> Config:
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
            routers=self._routers(),
            ledger_writes=self._strings("ledger-writes", self._dotted),
            money_models=self._money_models(),
            select=self._strings("select", self._code, default=("IDM",)),
            ignore=self._strings("ignore", self._code),
            per_file_ignores=self._per_file_ignores(),
            require_reasons=self._flag("require-reasons"),
            source_url=self._source_url(),
            sources=dict(self._sources),
            preset=self._preset(),
        )

    def _file(self, key: str) -> Path:
        return self._sources.get(key.partition(".")[0], self._source)

    def _error(self, key: str, found: object, allowed: str, hint: str = "") -> ConfigError:
        return ConfigError(
            f"{self._file(key)}: [tool.idem-lint] {key}: found {written(found)}; allowed: {allowed}{hint}"
        )

    def _list(self, key: str, value: object, check: Callable[[str, str], str]) -> tuple[str, ...]:
        if not isinstance(value, list):
            hint = f"; did you mean [{written(value)}]?" if isinstance(value, str) else ""
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

    def _preset(self) -> str:
        preset = self._string("preset", self._table.get("preset", DEFAULT_PRESET))
        if preset not in PRESETS:
            allowed = " or ".join(f'"{name}"' for name in PRESETS)
            raise self._error("preset", preset, allowed, nearest_spelling(preset, PRESETS))
        return preset

    def _domains(self, *, has_paths: bool) -> tuple[str, ...]:
        base = self._strings("domains", self._domain, DEFAULT_DOMAINS)
        found = (*base, *PRESETS[self._preset()], *self._strings("extend-domains", self._domain))
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
            raise self._error(key, text, f'globs relative to {self._file(key).parent}, such as "apps/pay/**"')
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

    def _one_of(self, key: str, value: object, allowed: Sequence[_Choice]) -> _Choice:
        name = self._string(key, value)
        for choice in allowed:
            if name == choice:
                return choice
        raise self._error(
            key, name, " or ".join(f'"{choice}"' for choice in allowed), nearest_spelling(name, allowed)
        )

    def _list_or_table(self, key: str, of_table: str) -> list[object] | Table:
        value = self._table.get(key, [])
        if isinstance(value, (list, dict)):
            return cast("list[object] | Table", value)
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
        return {
            self._dotted(key, name): self._one_of(f'{key}."{name}"', mark, _MARKS)
            for name, mark in value.items()
        }

    def _routers(self) -> dict[str, RouterKind]:
        key = "routers"
        value = self._list_or_table(key, '"dotted.name" = "POST", "verb", "methods" or "nothing"')
        if isinstance(value, list):
            return dict.fromkeys(self._list(key, value, self._dotted), "POST")
        return {
            self._dotted(key, name): self._one_of(f'{key}."{name}"', kind, _ROUTERS)
            for name, kind in value.items()
        }

    def _source_url(self) -> str:
        key = "source-url"
        text = self._string(key, self._table.get(key, ""))
        if text and not is_source_url(text):
            raise self._error(key, text, SOURCE_URL)
        return text

    def _money_models(self) -> dict[str, RecordKind]:
        key = "money-models"
        value = self._list_or_table(key, '"Name" = "movement", "holder" or "nothing"')
        if isinstance(value, list):
            return dict.fromkeys(self._list(key, value, self._dotted), "movement")
        return {
            self._dotted(key, name): self._one_of(f'{key}."{name}"', kind, _RECORDS)
            for name, kind in value.items()
        }

    def _per_file_ignores(self) -> dict[str, tuple[str, ...]]:
        key = "per-file-ignores"
        value: object = self._table.get(key, {})
        if not isinstance(value, dict):
            raise self._error(key, value, 'a table glob = ["IDM001", …]')
        return {
            self._glob(key, glob): self._list(f'{key}."{glob}"', codes, self._code)
            for glob, codes in cast(Table, value).items()
        }
