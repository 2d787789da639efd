"""Whether an answer's body has come to the end that its encoding marks: decoders return half a body without a word."""

from __future__ import annotations

import contextlib
import zlib

GZIP, GZIP_MAGIC = 16 + zlib.MAX_WBITS, b"\x1f\x8b"
FORMS = {"gzip": (GZIP,), "x-gzip": (GZIP,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}
"""What ``zlib`` calls the forms of each encoding; some servers send deflate without its header."""
CUT = "the body ends before its content-encoding does: it is cut off, so it is asked for again"


def is_cut(raw: bytes, content_encoding: str) -> bool:
    """Whether ``raw``, as it came, is a body in gzip or deflate without its end.

    What is in no such encoding is left to its decoder. An empty body is no half of one.
    """
    outermost = content_encoding.rpartition(",")[2].strip().lower()
    for bits in FORMS.get(outermost, ()) if raw else ():
        with contextlib.suppress(zlib.error):  # it is not of this form
            return _is_cut(raw, bits)
    return False


def _is_cut(raw: bytes, bits: int) -> bool:
    """A gzip body may have several members; what else comes after its end is no matter."""
    rest = _rest(raw, bits)
    while rest is not None and bits == GZIP and rest.startswith(GZIP_MAGIC):
        rest = _rest(rest, bits)
    return rest is None


def _rest(raw: bytes, bits: int) -> bytes | None:
    """What comes after the end of what ``raw`` begins with; ``None``: it has no end. :raises zlib.error: it is none."""
    decompressor = zlib.decompressobj(bits)
    decompressor.decompress(raw)
    return decompressor.unused_data if decompressor.eof else None
