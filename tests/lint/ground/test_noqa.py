"""What a ``noqa`` comment suppresses, held against the installed flake8."""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import linecache
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flake8.processor import FileProcessor
from flake8.violation import Violation
from hypothesis import example, given, settings
from hypothesis import strategies as st

from idem_lint.source import noqa
from idem_lint.source.discovery import decode
from idem_lint.source.noqa import Suppressions

OPTIONS = argparse.Namespace(
    disable_noqa=False,
    hang_closing=False,
    indent_size=4,
    max_line_length=79,
    max_doc_length=None,
    verbose=0,
    stdin_display_name="stdin",
)
CODES = ("IDM001", "IDM011", "IDM900", "E501")


def flake8_suppresses(path: Path) -> Callable[[int, str], bool]:
    """flake8's own functions, in the order its checker calls them."""
    linecache.clearcache()
    processor = FileProcessor(str(path), OPTIONS)
    if processor.should_ignore_file():
        return lambda line, code: True
    return lambda line, code: Violation(
        code, str(path), line, 1, "text", processor.noqa_line_for(line)
    ).is_inline_ignored(disable_noqa=False)


def disagreements(path: Path, source: bytes) -> list[tuple[int, str, str | None]]:
    """(line, code, our answer) wherever flake8 answers otherwise."""
    path.write_bytes(source)
    ours, theirs = Suppressions(decode(source)), flake8_suppresses(path)
    lines = source.count(b"\n") + source.count(b"\r") + 2
    return [
        (line, code, ours.covers(line, code))
        for line in sorted({*range(1, lines + 1)} - quoted_definitions(decode(source)))
        for code in CODES
        if (ours.covers(line, code) is not None) != theirs(line, code)
    ]


def quoted_definitions(source: str) -> set[int]:
    """What looks like the line of a definition, and stands in a string of several lines: there is never a finding there."""
    lines = noqa.source_lines(source)
    within = {line for line, (first, _, _) in noqa._spans(lines).items() if line > first}
    return {line for line in within if noqa._DEFINITION.match(lines[line - 1])}


DEF = "def f():{}\n    pass\n"
COMMENTS = [
    ("  # noqa", True),
    ("  # NoQA", True),
    ("  # noqa: IDM001", True),
    ("  # noqa:IDM001", True),
    ("  # noqa: E501,IDM001", True),
    ("  # noqa: E501 IDM001", True),
    ("  # noqa: E501, IDM001 and words", True),
    ("  # noqa: IDM0", True),
    ("  # noqa: IDM", True),
    ("  # noqa: IDM00 1", True),
    ("  # noqa: words", True),
    ("  # noqa : E501", True),
    ("  # noqa:  E501", True),
    ("  # noqa:\tIDM001", True),
    ("  # text # noqa: IDM001", True),
    ("  # noqa-me", True),
    ("  # noqa: idm001", False),
    ("  # noqa: E501", False),
    ("  # noqa: E501 # noqa: IDM001", False),
    ("  # noqa: IDM0011", False),
    ("  #noqa", False),
    ("  #  noqa", False),
    ("  # no qa", False),
    ("", False),
]


@pytest.mark.parametrize(("comment", "suppressed"), COMMENTS)
def test_a_comment_on_the_def_line(tmp_path: Path, comment: str, suppressed: bool) -> None:
    source = DEF.format(comment)
    found = Suppressions(source).covers(1, "IDM001")
    assert (found is not None) == suppressed
    assert found is None or comment.endswith(found)
    assert disagreements(tmp_path / "case.py", source.encode()) == []


SOURCES = {
    "the closing line of a decorator is not searched": b"@a(\n    1,\n)  # noqa: IDM001\ndef f(): pass\n",
    "nor is the rest of a signature": b"def f(\n    a,  # noqa\n):  # noqa: IDM001\n    pass\n",
    "a backslash joins lines": b"def f(): \\\n    pass  # noqa: IDM001\n",
    "a string of several lines joins lines": b'x = """\na # noqa: IDM001\n"""; y = 1\n',
    "a comment of its own line": b"# noqa: IDM001\ndef f(): pass\n",
    "crlf": b"def f():  # noqa: IDM001\r\n    pass\r\n",
    "lone carriage returns": b"def f():  # noqa: IDM001\r    pass\r",
    "a form feed": b"\x0cdef f():  # noqa: IDM001\n\x0c\n    pass\n",
    "a form feed in a line": b"x = 1 \x0c # noqa: IDM001\ny = 2\n",
    "a byte order mark": b"\xef\xbb\xbfdef f():  # noqa: IDM001\n    pass\n",
    "a coding line": b"# coding: latin-1\nx = '\xe9'  # noqa: IDM001\n",
    "no last line end": b"def f(): pass  # noqa: IDM001",
    "blank at the end": b"def f(): pass  # noqa: IDM001\n\n   ",
    "an open bracket": b"def f(:  # noqa: IDM001\n  (\n  # noqa\n",
    "an open string": b'x = """ # noqa: IDM001\n# noqa\n',
    "a comment after a backslash at the end": b"@a \\\n# noqa: IDM001",
    "a wrong indent": b"if x:\n    y\n  z  # noqa: IDM001\n",
    "the whole file": b"x = 1\n# flake8: noqa\n",
    "the whole file with codes": b"x = 1\n# flake8: noqa: E501\n",
    "the whole file, equals sign": b"x = 1\n   # FLAKE8=NOQA and words\n",
    "not the whole file, after code": b"x = 1  # flake8: noqa\n",
    "codes on the next line of a string": b'x = """ # noqa: E501,\nIDM001\n"""\n',
    "empty": b"",
    "other line separators": "x = 1\x85y = 2\u2028z = 3  # noqa: IDM001\n".encode(),
    "the comment holds other separators": "x = 1  # noqa: IDM001\x85\u2028\x0b\x1c # noqa\nz = 1\n".encode(),
    "newer syntax": b"try: pass\nexcept A, B: pass  # noqa: IDM001\nx = t'{a}'  # noqa: IDM001\n",
    "nested f-string quotes": b"x = f'{a['b']}'  # noqa: IDM001\n",
    "long s and kelvin": "x = 1  # noqa: \u017f1\n# fla\u212ae8: noqa\n".encode(),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_judged_as_flake8_does(tmp_path: Path, name: str) -> None:
    assert disagreements(tmp_path / "case.py", SOURCES[name]) == []


NUL = ["\x00"] if sys.version_info < (3, 12) else []
"""Python's own ``tokenize`` from 3.12 on raises SystemError at it while a tracer (here: coverage) is on."""
PIECES = st.sampled_from(
    [
        *(
            "# noqa",
            "# noqa: IDM001",
            "# noqa:E501",
            "# noqa: E501,",
            "# NOQA : IDM001",
            "# flake8: noqa",
            "#noqa",
        ),
        *("# noqa: IDM", "# noqa: idm001", ": ", "IDM0", "IDM001", ",", "# flake8=noqa: E1"),
        *("def f(", "):", "    pass", "@a(", ")", "x = 1", "if x:", "  ", "    ", "\t", "\\\n", "\\"),
        *(
            '"""',
            "'''",
            '"',
            "'",
            "f'",
            "{",
            "}",
            "#",
            "\xe9",
            "\x0c",
            "\x0b",
            "\x85",
            "\u2028",
            "\ufeff",
            *NUL,
        ),
        *("\n", "\n", "\n", "\n", "\r\n", "\r", "\n\n", "class A:", "lambda: (", "]", "["),
    ]
)


PLAUSIBLE = st.sampled_from(
    [
        "def f():{c}\n    pass{c}\n",
        "@a({c}\n    1,{c}\n){c}\n@b{c}\ndef f({c}\n    a,{c}\n):{c}\n    pass\n",
        'x = """{c}\n{c}\n"""{c}\n',
        "\x0cclass A:{c}\n    '''{c}\n    '''\n",
        "x = \\\n  1{c}\n",
        "if x:{c}\n    y = [{c}\n    ]{c}\n",
        "x = f'{{1}}'{c}\r\n",
        "x = (1,{c}\n",
        "    z = 1{c}\n",
        "{c}\n",
        "\n",
    ]
)
COMMENT = st.sampled_from(["", "", *("  " + comment.strip() for comment, _ in COMMENTS), "# flake8: noqa"])


@given(st.data())
@settings(max_examples=200)
def test_any_plausible_source_is_judged_as_flake8_does(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    source = ""
    for piece in data.draw(st.lists(PLAUSIBLE, max_size=6)):
        head, *rest = piece.split("{c}")
        source += head + "".join(data.draw(COMMENT) + part for part in rest)
    assert disagreements(tmp_path_factory.getbasetemp() / "plausible.py", source.encode()) == []


@given(st.lists(PIECES, max_size=25).map("".join))
@example("x = (\n1, # noqa\n)\n")
@example("class A:\\\n# noqa\ndef f(")
@settings(max_examples=400)
def test_any_source_is_judged_as_flake8_does(tmp_path_factory: pytest.TempPathFactory, source: str) -> None:
    path = tmp_path_factory.getbasetemp() / "generated.py"
    assert disagreements(path, source.encode()) == []


@pytest.mark.parametrize(
    ("comment", "written"),
    [
        ("# noqa", "# noqa"),
        ("# noqa: some words", "# noqa: some words"),
        ("# noqa : IDM001", "# noqa : IDM001"),
        ("# noqa:  IDM001", "# noqa:  IDM001"),
        ("# noqa: IDM", "# noqa: IDM"),
        ("# noqa: IDM001", None),
        ("# noqa: E501", None),
        ("# flake8: noqa", None),
        ("# words", None),
    ],
)
def test_a_blanket_comment_is_given_as_written_with_its_place(comment: str, written: str | None) -> None:
    found = Suppressions(f"x = 1\ndef f():  {comment}  \n    pass\n", "a.py").blanket(2)
    assert (found.what if found else None) == written
    if found is not None:
        assert (found.place.file, found.place.line, found.place.column) == ("a.py", 2, 11)


def test_a_blanket_comment_in_joined_lines_has_its_own_line() -> None:
    found = Suppressions("def f(): \\\n  pass  # noqa").blanket(1)
    assert found is not None
    assert (found.place.line, found.place.column, found.what) == (2, 9, "# noqa")


def test_a_file_without_the_word_has_no_blanket_and_no_misplaced_comment() -> None:
    nothing = Suppressions("def f():\n    pass\n")
    assert nothing.blanket(1) is None
    assert nothing.misplaced(1, 1, "IDM001") is None


def test_the_comment_that_silences_a_whole_file_has_its_place() -> None:
    found = Suppressions("x = 1\n  # flake8: noqa: E501 \n", "a.py").whole_file("IDM001")
    assert found is not None
    assert (found.place.line, found.place.column, found.what) == (2, 3, "# flake8: noqa: E501")
    assert Suppressions("x = 1  # noqa\n").whole_file("IDM001") is None


MISPLACED = [
    ("on the closing line of a decorator", "@a(\n    1,\n)  # noqa: IDM001\ndef f():\n    pass\n", 4, 1, 3),
    ("on the decorator", "@a  # noqa: IDM001\ndef f():\n    pass\n", 2, 1, 1),
    ("bare, on the decorator", "@a  # noqa\ndef f():\n    pass\n", 2, 1, 1),
    ("between decorators", "@a\n# noqa: IDM001\n@b\ndef f():\n    pass\n", 4, 1, 2),
    ("on the closing line of the signature", "def f(\n    a,\n):  # noqa: IDM001\n    pass\n", 1, 1, 3),
    ("behind another comment", "def f():  # noqa: E501  # noqa: IDM001\n    pass\n", 1, 1, 1),
    ("for another code", "@a  # noqa: E501\ndef f():\n    pass\n", 2, 1, None),
    ("in the body", "@a\ndef f():\n    pass  # noqa: IDM001\n", 2, 1, None),
    ("above the decorators", "# noqa: IDM001\n@a\ndef f():\n    pass\n", 3, 2, None),
    ("in the right place too", "@a  # noqa: IDM001\ndef f():  # noqa: IDM001\n    pass\n", 2, 1, None),
    ("in a file that cannot be tokenized", "@a  # noqa: IDM001\ndef f():\n    (\n", 2, 1, 1),
    ("after the last statement", "@a\ndef f(): pass\n# noqa\n", 3, 1, None),
    ("beyond the file", "@a  # noqa\n", 9, 1, 1),
]


@pytest.mark.parametrize(
    ("source", "line", "first", "expected"), [case[1:] for case in MISPLACED], ids=[c[0] for c in MISPLACED]
)
def test_a_comment_where_flake8_does_not_look_is_found(
    source: str, line: int, first: int, expected: int | None
) -> None:
    assert Suppressions(source).misplaced(line, first, "IDM001") == expected


def test_a_file_with_null_bytes_is_judged_by_its_physical_lines() -> None:
    found = Suppressions("# noqa: IDM001\n\x00\x00 # noqa: IDM002\n    pass#\n\t\n\x00")
    assert found.covers(1, "IDM001") == "# noqa: IDM001"
    assert found.covers(2, "IDM001") is None


def test_flake8_is_not_needed() -> None:
    program = (
        "import sys; sys.modules['flake8'] = None\n"
        "from idem_lint.source.noqa import Suppressions\n"
        "assert Suppressions('x = 1  # noqa').covers(1, 'IDM001')\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_source_without_the_word_is_never_tokenized() -> None:
    program = (
        "import sys\nfrom idem_lint.source.noqa import Suppressions\nsys.modules['tokenize'] = None\n"
        "assert Suppressions('x = 1').covers(1, 'IDM001') is None\n"
        "assert Suppressions('x = 1').blanket(1) is None\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


SIGNATURES = '''\
@decorated(
    """of
    two lines""",
)
def first(
    a="""x
    y""", b=1,
):
    class Inner(Base): x = """1
    2"""
    async def method(self): return \\
        1
@plain
def second(): ...
x = \\
    def_of = 1
'''


@pytest.mark.parametrize("name", ["argparse", "ast", "dataclasses", "typing", "unittest.mock", None])
def test_a_definition_has_the_same_lines_by_its_own_tokens_as_by_those_of_the_file(name: str | None) -> None:
    source = inspect.getsource(importlib.import_module(name)) if name else SIGNATURES
    lines = noqa.source_lines(source)
    whole = noqa._spans(lines)
    own = {number: noqa._span_of_definition(lines, number) for number in range(1, len(lines) + 2)}
    code = {
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    alone = {number: whole[number] if whole[number][1] == number else None for number in code}
    assert {number: own[number] for number in code} == alone
    assert (None in alone.values()) == (name is None)
    assert own[len(lines) + 1] is None


def test_a_definition_that_cannot_be_tokenized_is_asked_of_the_whole_file() -> None:
    assert noqa._span_of_definition(["def f(\n"], 1) is None
    assert noqa._span_of_definition(["x = \\\n", "def f(): ...\n"], 2) is None
