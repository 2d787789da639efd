"""The text of a Python file, held against what Python itself reads."""

from __future__ import annotations

import ast
import re
import tokenize
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idem_lint.source.discovery import decode

DECODED = [
    (b"", ""),
    (b"x = '\xc3\xa9'\r\n\x0cy\r", "x = 'é'\r\n\x0cy\r"),
    (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
    (b"\xef\xbb\xbf# coding: utf-8\n", "# coding: utf-8\n"),
    (b"# coding: latin-1\n\xe9", "# coding: latin-1\né"),
    (
        b"#!/bin/python\r\n# -*- coding: latin-1-unix -*-\r\n\xe9",
        "#!/bin/python\r\n# -*- coding: latin-1-unix -*-\r\né",
    ),
    (b"# vim: set fileencoding=cp1252 :\n\x80", "# vim: set fileencoding=cp1252 :\n€"),
    (b" \x0c\n # coding=UTF_8-dos\n\xc3\xa9", " \x0c\n # coding=UTF_8-dos\né"),
    (b"\n# coding: iso-latin-1-mac\n\xe9", "\n# coding: iso-latin-1-mac\né"),
    (b"# x\r# coding: latin-1\r\xe9", "# x\r# coding: latin-1\ré"),
    (b"x = 1\n# coding: latin-1\n", "x = 1\n# coding: latin-1\n"),
    (b"\n\n# coding: nope\n", "\n\n# coding: nope\n"),
    (b"# encoding\n# decoding it\n", "# encoding\n# decoding it\n"),
    (b"#" + b"x" * 3000 + b" coding: latin-1\n\xe9", "#" + "x" * 3000 + " coding: latin-1\né"),
]


@pytest.mark.parametrize(("source", "text"), DECODED, ids=range(len(DECODED)))
def test_a_source_is_decoded_as_its_coding_line_says(source: bytes, text: str) -> None:
    assert decode(source) == text


UNDECODABLE = [
    (b"# coding: nope\n", 1, "the coding line names nope, which is no text encoding"),
    (b"# coding: hex\n", 1, "the coding line names hex, which is no text encoding"),
    (b"# coding: undefined\n", 1, "cannot be decoded as undefined"),
    (
        b"\xef\xbb\xbf# coding: latin-1\n",
        1,
        "the coding line says iso-8859-1, the byte order mark says utf-8",
    ),
    (b"x = 1\ny = '\xe9'\n", 2, "byte 0xe9 is not utf-8, and no coding line names another encoding"),
    (b"# coding: ascii\ny = '\xe9'\n", 2, "byte 0xe9 is not ascii, which the coding line names"),
    (b"\xff\xfex\x00", 1, "byte 0xff is not utf-8"),
]


@pytest.mark.parametrize(("source", "line", "message"), UNDECODABLE)
def test_a_source_that_cannot_be_decoded_is_a_syntax_error_with_its_line(
    source: bytes, line: int, message: str
) -> None:
    with pytest.raises(SyntaxError, match=re.escape(message)) as caught:
        decode(source)
    assert (caught.value.lineno, caught.value.offset) == (line, 1)


HEADS = st.lists(
    st.sampled_from(
        [
            b"#",
            b"# ",
            b"coding",
            b":",
            b"=",
            b" ",
            b"utf-8",
            b"latin-1",
            b"cp1252",
            b"nope",
            b"-unix",
            b"\n",
            b"\r\n",
            b"\xef\xbb\xbf",
            b"\xe9",
            b"\xc3\xa9",
            b"x = 1",
            b"\x0c",
            b"# coding: latin-1",
            b"# coding=utf8",
            b"iso_8859_1",
        ]
    ),
    max_size=8,
).map(b"".join)


@given(HEADS)
@settings(max_examples=500)
def test_any_source_is_decoded_as_python_does(source: bytes) -> None:
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(source).readline)
        expected = source.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        expected = None
    try:
        found = decode(source)
    except SyntaxError:
        found = None
    if expected is None and found is not None:
        # tokenize wants the coding line itself to be UTF-8; the compiler does not, and it is what runs the file.
        try:
            ast.parse(source)
        except SyntaxError as error:
            assert "encod" not in str(error)
            assert "utf-8" not in str(error)
        return
    assert found == expected
