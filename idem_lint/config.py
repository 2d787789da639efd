"""``[tool.idem-lint]`` in ``pyproject.toml``: what it may say, and a clear error for anything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from idem_lint.handlers import MarkName

DEFAULT_DOMAINS = ("wallet", "payroll", "ewa", "lending", "savings")


class ConfigError(Exception):
    """A configuration that cannot be used; the message names the file, the key, what was found and what is allowed."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one run. ``root`` is the project root: domains are matched on the path below it.

    ``extend_marks`` maps a decorator's dotted name to the mark it implies. ``select``, ``ignore`` and the values of
    ``per_file_ignores`` are rule codes or their prefixes. ``rpc_paths`` are folders whose RPCs are in scope (ADR-007).
    """

    root: Path
    source: Path | None = None
    domains: tuple[str, ...] = DEFAULT_DOMAINS
    domain_paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    extend_marks: dict[str, MarkName] = field(default_factory=dict[str, MarkName])
    select: tuple[str, ...] = ("IDM",)
    ignore: tuple[str, ...] = ()
    per_file_ignores: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    all_domains: bool = False
