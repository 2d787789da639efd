"""Path patterns: the globs of the configuration, and git's ignore rules where git itself cannot be asked.

Patterns are matched on bytes, as git does: ``?`` is one byte, and a name need not be UTF-8.
Source: gitignore(5) and git's wildmatch.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import NamedTuple

_CLASSES = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"!-~",
    b"lower": rb"a-z",
    b"print": rb" -~",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb" \t-\r",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}


class _Invalid(Exception):
    """The pattern can match nothing: an open bracket, an unknown class, a lone backslash at the end."""


def _one(pattern: bytes, at: int) -> tuple[bytes, int]:
    """The byte at ``at``, a backslash taken away, and where it ends."""
    if pattern[at : at + 1] == b"\\":
        at += 1
    if at >= len(pattern):
        raise _Invalid
    return pattern[at : at + 1], at + 1


def _range(pattern: bytes, at: int) -> tuple[bytes, int]:
    """One member of a bracket (a byte or a range) as regex text, and where it ends."""
    first, at = _one(pattern, at)
    if pattern[at : at + 1] != b"-" or pattern[at + 1 : at + 2] in (b"]", b""):
        return b"\\x%02x" % first[0], at
    last, at = _one(pattern, at + 1)
    # The first byte is a member even where the range runs backwards and so is empty.
    return b"\\x%02x-\\x%02x" % (first[0], max(first, last)[0]), at


def _bracket(pattern: bytes, at: int) -> tuple[bytes, int]:
    """The bracket expression whose members start at ``at``, and where it ends; it never matches a slash."""
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    members = b""
    start = at
    while at == start or pattern[at : at + 1] != b"]":
        if at >= len(pattern):
            raise _Invalid
        end = pattern.find(b":]", at + 2) if pattern[at : at + 2] == b"[:" else -1
        if end >= 0 and b"]" not in pattern[at + 2 : end]:
            name = pattern[at + 2 : end]
            if name not in _CLASSES:
                raise _Invalid
            members, at = members + _CLASSES[name], end + 2
        else:
            text, at = _range(pattern, at)
            members += text
    if negated:
        return b"[^/%s]" % members, at + 1
    return b"(?!/)[%s]" % members, at + 1


def _stars(pattern: bytes, at: int) -> tuple[bytes, int]:
    """One or more stars at ``at``: ``**`` crosses folders only where it stands alone between slashes."""
    end = at
    while pattern[end : end + 1] == b"*":
        end += 1
    alone = (at == 0 or pattern[at - 1 : at] == b"/") and (
        end == len(pattern) or pattern[end : end + 1] == b"/"
    )
    if end - at < 2 or not alone:
        return b"[^/]*", end
    if end == len(pattern):
        return b".*", end
    return b"(?:.*/)?", end + 1


def translate(pattern: bytes) -> bytes | None:
    """The regex text that matches what git's ``wildmatch`` matches on a path; None where nothing can match."""
    out: list[bytes] = []
    at = 0
    try:
        while at < len(pattern):
            byte = pattern[at : at + 1]
            if byte == b"*":
                text, at = _stars(pattern, at)
            elif byte == b"?":
                text, at = b"[^/]", at + 1
            elif byte == b"[":
                text, at = _bracket(pattern, at + 1)
            else:
                byte, at = _one(pattern, at)
                text = re.escape(byte)
            out.append(text)
    except _Invalid:
        return None
    return b"".join(out)


class Glob:
    """A glob of the configuration, relative to the folder of the configuration file.

    It matches a file, or a folder and then everything below it. ``**`` crosses folders. ``usable`` is False for one
    that can match nothing, such as an open bracket.
    """

    __slots__ = ("_regex", "usable")

    def __init__(self, text: str) -> None:
        found = translate(os.fsencode(text.removeprefix("./").strip("/")))
        self.usable = found is not None
        self._regex = re.compile(b"(?:%s)(?:/.*)?" % (found or b"(?!)"), re.DOTALL)

    def matches(self, relative: str) -> bool:
        """True where the path (forward slashes) or a folder above it matches."""
        return self._regex.fullmatch(os.fsencode(relative)) is not None


class _Rule(NamedTuple):
    regex: re.Pattern[bytes]
    negated: bool
    folders_only: bool
    anchored: bool


def _trimmed(line: bytes) -> bytes:
    """``line`` without the trailing spaces that no backslash protects."""
    at, end = 0, None
    while at < len(line):
        byte = line[at : at + 1]
        if byte == b" ":
            end = at if end is None else end
        else:
            end = None
            if byte == b"\\":
                at += 1
                if at >= len(line):
                    return line
        at += 1
    return line if end is None else line[:end]


def _rule(line: bytes) -> _Rule | None:
    line = _trimmed(line)
    if not line or line.startswith(b"#"):
        return None
    negated = line.startswith(b"!")
    line = line[negated:]
    folders_only = line.endswith(b"/")
    line = line[: len(line) - folders_only]
    anchored = b"/" in line
    text = translate(line.removeprefix(b"/"))
    if not line or text is None:
        return None
    return _Rule(re.compile(text, re.DOTALL), negated, folders_only, anchored)


class IgnoreRules:
    """The rules of one ignore file, relative to the folder it lies in."""

    __slots__ = ("_rules",)

    def __init__(self, lines: Iterable[bytes]) -> None:
        found = (_rule(line) for line in lines)
        self._rules = tuple(rule for rule in found if rule is not None)[::-1]

    @classmethod
    def parse(cls, content: bytes) -> IgnoreRules:
        """The rules of a file's content: lines end in LF or CRLF, a byte order mark is skipped."""
        lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        return cls(line.removesuffix(b"\r") for line in lines)

    def verdict(self, relative: bytes, *, folder: bool) -> bool | None:
        """True: ignored; False: taken back by ``!``; None: no rule speaks of it. The last rule that matches decides."""
        name = relative.rpartition(b"/")[2]
        for rule in self._rules:
            if rule.folders_only and not folder:
                continue
            if rule.regex.fullmatch(relative if rule.anchored else name):
                return not rule.negated
        return None
