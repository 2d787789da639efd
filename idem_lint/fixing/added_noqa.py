"""``# noqa`` comments put where findings are reported, so that flake8 and idem-lint both take them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from idem_lint.fixing.source_text import CannotChange, Edit, SourceText, line_starts
from idem_lint.result_types import Finding
from idem_lint.rules import find
from idem_lint.source.discovery import decode
from idem_lint.source.noqa import LINE, Suppressions


class Silenced(NamedTuple):
    """A file with comments added: its new content, the findings that they silence, and those that none can, with why."""

    source: SourceText | None
    content: bytes
    done: tuple[Finding, ...]
    left: tuple[tuple[Finding, str], ...]


def silenced(
    path: Path, findings: Iterable[Finding], reason: str | None, content: bytes | None = None
) -> Silenced:
    """The file at ``path`` (or ``content``, where that stands for it) with a comment for each of its findings; ``reason``
    stands behind the codes.
    """
    asked = list(findings)
    wanted = [finding for finding in asked if (rule := find(finding.code)) is not None and rule.by_comment]
    left = [(finding, "no comment silences this rule") for finding in asked if finding not in wanted]
    try:
        source = SourceText.read(path, content)
    except CannotChange as error:
        return Silenced(None, b"", (), (*left, *((finding, str(error)) for finding in wanted)))
    done: list[Finding] = []
    raw = source.raw
    for line in sorted({finding.line for finding in wanted}):
        here = [finding for finding in wanted if finding.line == line]
        changed = _with_comment(raw, line, sorted({finding.code for finding in here}), reason)
        if changed is None:
            why = f"a comment in line {line} would not be one, or would not be seen by flake8"
            left += [(finding, why) for finding in here]
        else:
            raw = changed
            done += here
    return Silenced(source, raw, tuple(done), tuple(left))


def _with_comment(content: bytes, line: int, codes: list[str], reason: str | None) -> bytes | None:
    """The content with codes silenced in a line; None where a comment there would have no effect, or another one."""
    text = decode(content)
    source = SourceText(Path(), content, content, text)
    starts = line_starts(text)
    begin, end = starts[line - 1], starts[line]
    written = text[begin:end].rstrip("\r\n")
    match = LINE.search(written)
    if match is not None and match["codes"]:
        at = begin + match.start("codes") + len(match["codes"].rstrip(", \t"))
        edit = Edit(at, at, "".join(f", {code}" for code in codes))
    else:
        at = begin + len(written.rstrip())
        why = f" -- {reason}" if reason else ""
        edit = Edit(at, at, f"  # noqa: {', '.join(codes)}{why}")
    try:
        changed = source.changed([edit])
    except CannotChange:
        return None
    after = Suppressions(decode(changed))
    is_seen = all(after.covers(line, code) is not None for code in codes)
    return changed if is_seen and _means(text) == _means(decode(changed)) else None


def _means(text: str) -> str:
    """The syntax tree of a text, without places; the text itself without comments' worth where it cannot be parsed."""
    from idem_lint.source.newer_syntax.rewriting import CannotParse, rescue

    try:
        return ast.dump(ast.parse(rescue(text)))
    except CannotParse:
        return ""
