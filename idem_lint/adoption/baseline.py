"""The baseline: findings that are known, in a file to be committed, so that only what is new is reported.

A finding is known by its rule and the qualified name of its handler; the file is noted, too, and may change: where a
handler of that name is gone from the old file, one in another file is taken for it.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, cast

from idem_lint.result_types import Finding
from idem_lint.source.discovery import UsageError, shown

_VERSION = 1
NAME = "idem-baseline.json"
"""What the file is called where nobody says otherwise."""
_NEVER = "IDM900"
"""A file that nothing can parse is never known: nobody knows what is in it."""


class Entry(NamedTuple):
    """A known finding; ``file`` is relative to the folder of the baseline."""

    code: str
    name: str
    file: str


class Compared(NamedTuple):
    """Findings held against a baseline: those that are not known, how many are, and what is not found any more."""

    new: tuple[Finding, ...]
    known: int
    stale: tuple[Entry, ...]


def can_be_known(finding: Finding) -> bool:
    """Whether a finding may stand in a baseline."""
    return finding.code != _NEVER and not finding.is_fault


def entries(findings: Iterable[Finding], file: Path) -> list[Entry]:
    """The entries for some findings in a baseline at ``file``, sorted."""
    return sorted(_entry(finding, file) for finding in findings if can_be_known(finding))


def _entry(finding: Finding, file: Path) -> Entry:
    relative = os.path.relpath(os.path.abspath(finding.file), os.path.abspath(file.parent))
    return Entry(finding.code, finding.qualname, relative.replace(os.sep, "/"))


def read(file: Path) -> list[Entry]:
    """The entries of a baseline. Raises UsageError where it cannot be read or is none."""
    try:
        document: Any = json.loads(file.read_bytes())
    except OSError as error:
        where = "" if file.name == NAME else f" --output {shown(file)}"
        hint = f"; to write it: idem-lint baseline{where}" if isinstance(error, FileNotFoundError) else ""
        raise UsageError(f"{shown(file)}: cannot be read: {error.strerror or error}{hint}") from error
    except ValueError as error:
        raise UsageError(f"{shown(file)}: is no baseline: {error}") from error
    try:
        if document["version"] != _VERSION:
            raise UsageError(f"{shown(file)}: is a baseline of another version of idem-lint; write it anew")
        rows = cast("list[dict[str, str]]", document["findings"])
        return [Entry(row["code"], row["name"], row["file"]) for row in rows]
    except (KeyError, TypeError) as error:
        raise UsageError(f"{shown(file)}: is no baseline: idem-lint baseline writes one") from error


def text(found: Iterable[Entry]) -> str:
    """A baseline's content: one entry a line, so that changes in it can be read and merged."""
    rows = ",\n".join(f"  {json.dumps(entry._asdict())}" for entry in sorted(found))
    return f'{{"version": {_VERSION}, "findings": [\n{rows}\n]}}\n'


def compare(
    findings: Iterable[Finding], known: Iterable[Entry], file: Path, is_looked_at: Callable[[Entry], bool]
) -> Compared:
    """Hold findings against the entries of a baseline at ``file``. ``is_looked_at``: whether this run could have found what
    an entry is about, if it were still there.
    """
    left = Counter(known)
    unknown: list[tuple[Finding, Entry]] = []
    count = 0
    for finding in findings:
        entry = _entry(finding, file)
        if can_be_known(finding) and left[entry] > 0:
            left[entry] -= 1
            count += 1
        else:
            unknown.append((finding, entry))
    new: list[Finding] = []
    for finding, entry in unknown:
        moved = _moved(entry, left, file) if can_be_known(finding) else None
        if moved is None:
            new.append(finding)
        else:
            left[moved] -= 1
            count += 1
    stale = (entry for entry in left.elements() if is_looked_at(entry))
    return Compared(tuple(new), count, tuple(sorted(stale)))


def _moved(entry: Entry, left: Counter[Entry], file: Path) -> Entry | None:
    """The entry of a handler that stood in another file, where it is gone now."""
    same = (
        other
        for other in sorted(left)
        if left[other] > 0 and entry.name and other[:2] == entry[:2] and not _is_defined(other, file)
    )
    return next(same, None)


def _is_defined(entry: Entry, file: Path) -> bool:
    """Whether the file of an entry still has a definition of its name."""
    try:
        source = (file.parent / entry.file).read_bytes()
    except OSError:
        return False
    name = re.escape(entry.name.rpartition(".")[2].encode())
    return re.search(rb"\b(?:def|class)\s+" + name + rb"\b", source) is not None
