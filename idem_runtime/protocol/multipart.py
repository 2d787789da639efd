"""A ``multipart/form-data`` body without its boundary, which clients choose anew on every attempt (RFC 7578)."""

from __future__ import annotations

import re

_BOUNDARY = re.compile(r';[ \t]*boundary=(?:"([^"\\]*)"|([^\s";,]*))[ \t]*(?=;|$)', re.IGNORECASE)
_USABLE = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_NAME = re.compile(rb"[!#-'*+.0-9A-Z^_`a-z|~-]+")

_DISPOSITION = re.compile(
    rb'form-data((?:[ \t]*;[ \t]*[a-z*]+=(?:"[^"\\]*"|[^\s"\\;,]+))+)[ \t]*', re.IGNORECASE
)
_PARAMETER = re.compile(rb';[ \t]*([a-z*]+)=(?:"([^"\\]*)"|([^\s"\\;,]+))', re.IGNORECASE)

Part = tuple[tuple[tuple[bytes, bytes], ...], bytes]
"""Headers (names in lower case, in the order that was sent), and the bytes of the content."""


def parts(body: bytes, content_type: str) -> list[Part] | None:
    """The parts of ``body`` in order; ``None`` where two readers could see different parts in it.

    Only the exact form is read: lines end with CRLF, nothing stands before the first delimiter, and only one CRLF may
    stand after the last; no padding, no folded header, at least one header for each part, and the boundary nowhere else.
    """
    boundary = _boundary(content_type)
    if boundary is None:
        return None
    delimiter = b"\r\n--" + boundary
    first, *sections = (b"\r\n" + body).split(delimiter)
    if first or not sections or sections.pop() not in (b"--", b"--\r\n"):
        return None
    if body.count(b"--" + boundary) != len(sections) + 1:
        return None
    readable = [part for part in map(_part, sections) if part is not None]
    return readable if len(readable) == len(sections) else None


def _boundary(content_type: str) -> bytes | None:
    boundaries = _BOUNDARY.findall(content_type)
    if len(boundaries) != 1 or "boundary" in _BOUNDARY.sub("", content_type).lower():
        return None
    quoted, bare = boundaries[0]
    boundary = quoted or bare
    return boundary.encode() if _USABLE.fullmatch(boundary) else None


def _part(section: bytes) -> Part | None:
    head, blank, content = section.partition(b"\r\n\r\n")
    start, *lines = head.split(b"\r\n")
    headers = [header for header in map(_header, lines) if header is not None]
    if start or not blank or not lines or len(headers) != len(lines):
        return None
    return tuple(headers), content


def _header(line: bytes) -> tuple[bytes, bytes] | None:
    name, colon, value = line.partition(b":")
    if not colon or not _NAME.fullmatch(name) or any(control in value for control in (b"\r", b"\n", b"\0")):
        return None
    return name.lower(), value.strip(b" \t")


def field_of(part: Part) -> str | None:
    """The field that ``part`` holds, by its ``Content-Disposition``; ``None`` where two readers could see two names."""
    dispositions = [value for name, value in part[0] if name == b"content-disposition"]
    disposition = _DISPOSITION.fullmatch(dispositions[0]) if len(dispositions) == 1 else None
    if disposition is None:
        return None
    parameters = [(name.lower(), quoted or bare) for name, quoted, bare in _PARAMETER.findall(disposition[1])]
    names: list[bytes] = [value for name, value in parameters if name in (b"name", b"name*")]
    if len(names) != 1 or (b"name", names[0]) not in parameters:
        return None
    return names[0].decode("utf-8", "replace")
