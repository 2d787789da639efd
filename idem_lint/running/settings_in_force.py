"""``--show-config``: every setting in force for a file, its value, and what says so; as TOML that reads back the same."""

from __future__ import annotations

import os

from idem_lint.settings.domains import Domains
from idem_lint.settings.toml_text import toml_comment, toml_value
from idem_lint.source.discovery import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from idem_lint.settings.config import Config
    from idem_lint.settings.toml_text import Writable

_GLOBS = ("domain-paths", "exclude", "per-file-ignores")
_REPLACED = ("preset", "select")
"""Options that take the place of what files say; ``_ADDED`` are those that add to it."""
_ADDED = ("exclude", "ignore")
_LINE = 110


def settings_in_force(path: Path, config: Config, options: Namespace) -> Iterator[str]:
    """The lines for a file or folder (absolute). ``options`` are those of the command line, which count before files."""
    yield from (f"# {toml_comment(text)}" for text in _about(path, config, options))
    yield "[tool.idem-lint]"
    for key, value in _values(config).items():
        yield from _setting(key, value, _origin(key, config, options))


def _about(path: Path, config: Config, options: Namespace) -> Iterator[str]:
    yield f"What is in force for {shown(path)}"
    if not os.path.isdir(path):
        domain = Domains(config).of_file(path, is_rpc=True)
        yield (
            "It is in no money domain by its path."
            if domain is None
            else (f"It is in the money domain {domain.name}, by {domain.reason}.")
        )
    yield f"project root (domains are matched on the path below it): {shown(config.root)}"
    if config.source is None:
        yield "configuration file: none, there is no pyproject.toml with [tool.idem-lint] at or above it"
    else:
        named = " (--config)" if options.config is not None else ""
        extended = "".join(f", which extends {shown(file)}" for file in config.extended)
        yield f"configuration file: {shown(config.source)}{named}{extended}"
    if options.all_domains:
        yield "--all-domains: what is in none of these domains is judged, too"
    if options.strict_domains:
        yield "--strict-domains: what speaks of money in no domain is a finding (IDM012)"
    if options.today is not None:
        yield f"--today: until= is held against {options.today}"
    if options.no_cache:
        yield "--no-cache: no answer of an earlier run is taken"


def _values(config: Config) -> dict[str, Writable]:
    """Every key with its value, all that is added included."""
    return {
        "preset": config.preset,
        "domains": config.domains,
        "domain-paths": config.domain_names or config.domain_paths,
        "include-tests": config.include_tests,
        "exclude": config.exclude,
        "extend-marks": config.extend_marks,
        "routers": config.routers,
        "ledger-writes": config.ledger_writes,
        "money-models": config.money_models,
        "select": config.select,
        "ignore": config.ignore,
        "per-file-ignores": config.per_file_ignores,
        "require-reasons": config.require_reasons,
        "source-url": config.source_url,
    }


def _origin(key: str, config: Config, options: Namespace) -> str:
    """What says the value of a key: files, options of the command line, or nothing (the default)."""
    if key == "domains":
        parts = [f"{part}: {_said(part, config, options)}" for part in ("domains", "preset")]
        added = config.said_by.get("extend-domains")
        return "; ".join([*parts, f"extend-domains: {_files(added)}"] if added else parts)
    said = _said(key, config, options)
    is_relative = key in _GLOBS and key in config.said_by
    return f"{said}; relative to {shown(config.base_of(key))}" if is_relative else said


def _said(key: str, config: Config, options: Namespace) -> str:
    """As :func:`_origin`, for one key."""
    option = [f"--{key}"] if key in (*_REPLACED, *_ADDED) and getattr(options, key) else []
    if option and key in _REPLACED:
        return option[0]
    said_by = config.said_by.get(key)
    return " and ".join([*([_files(said_by)] if said_by else []), *option]) or "default"


def _files(files: Iterable[Path]) -> str:
    return " and ".join(map(shown, files))


def _setting(key: str, value: Writable, origin: str) -> Iterator[str]:
    line = f"{key} = {toml_value(value)}"
    comment = f"# {toml_comment(origin)}"
    if len(line) + len(comment) < _LINE:
        yield f"{line}  {comment}"
    else:
        yield comment
        yield line
