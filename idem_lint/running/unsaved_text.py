"""The text of an editor's buffer as the bytes of a file."""

from __future__ import annotations

from tokenize import detect_encoding

from idem_lint.source.discovery import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def stored(path: Path, text: str) -> bytes | None:
    """The bytes of the file, where they hold this text; None where an editor's unsaved text stands for it. ``text`` is
    without byte order mark.

    Raises SyntaxError where they do but contradict their encoding, so that they have been read as Latin-1.
    """
    try:
        source = path.read_bytes()
    except OSError:
        return None
    try:
        content = decode(source)
    except SyntaxError:
        if _line_feeds(source.decode("latin-1")) == _line_feeds(text):
            raise
        return None
    return source if _line_feeds(content) == _line_feeds(text) else None


def _line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoded(text: str) -> bytes:
    """``text`` in the encoding that its coding line names. Raises SyntaxError where that is none."""
    lines = iter(text.encode("utf-8", "surrogatepass").splitlines(keepends=True))
    encoding, _ = detect_encoding(lines.__next__)
    return text.encode(encoding, "replace")
