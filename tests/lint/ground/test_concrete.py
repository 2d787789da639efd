"""Files newer than the interpreter: rewritten line for line, or refused at their line. Nothing else may happen."""

from __future__ import annotations

import ast
import builtins
import re
import subprocess
import sys
import warnings
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idem_lint.source.newer_syntax import rewriting, token_forms
from idem_lint.source.newer_syntax.forms import rewrite
from idem_lint.source.newer_syntax.rewriting import CannotParse, rescue, rescued
from idem_lint.source.newer_syntax.token_forms import interpreter_reads

AROUND = "@decorated\ndef before(): ...\n{}\n@decorated\nasync def after(): ...\nclass Last: ...\n"

# name, newer source, what stands there after rewriting (None: only that it can be read)
NEWER: list[tuple[str, str, str | None]] = [
    ("except without parentheses", "try: ...\nexcept A, B:\n    ...", "except (A, B):"),
    ("except and a bracket", "try: ...\nexcept(A), (B): ...", "except((A), (B)):"),
    ("except* without parentheses", "try: ...\nexcept* A, B:\n    ...", "except* (A, B):"),
    (
        "except of one, of a tuple, of all",
        "try: ...\nexcept A: ...\nexcept (B, C): ...\nexcept: ...\ntype X = A",
        "except (B, C):",
    ),
    ("t-string", "x = t'a {b} {c!r:>{w}}'", "x = f'a {b} {c!r:>{w}}'"),
    ("raw t-strings", "x = rt'{a}'; y = tr'{b}'; z = TR\"c\"", "x = rf'{a}'; y = fr'{b}'; z = FR\"c\""),
    ("t-strings in a row", "x = t'a' t'b {c}'", "x = f'a' f'b {c}'"),
    ("t-string in an f-string", "x = f'{t'{a}'}' # t'", None),
    ("t-string in parentheses in an f-string", "x = f'{(t'{a['b']}')}'", None),
    ("the same quotes", 'x = f"{a["b"]}/x"', "x = f\"{a['b']}/x\""),
    ("the same quotes, the other way", "x = f'{a['b']}/x'", "x = f'{a[\"b\"]}/x'"),
    ("a quote inside a quote", 'x = f"{a["it\'s"]}/x"', None),
    ("a backslash", "x = f'{'\\n'.join(a)} and {b}'", None),
    ("a backslash before a field", "x = f'\\{'\\n'}'", None),
    ("an escaped backslash before a field", "x = f'\\\\{'\\n'}'", None),
    ("newlines in a field", "x = f'{\n  a\n}/x {\n  b}'", None),
    ("a comment in a field", "x = f'''{\na # why }\n}/{b}\nend'''", None),
    ("self-documenting over lines", "x = f'{a\n =\n }'", None),
    ("deep format specifications", "x = f'''{a:{b:{c}}}{d:\n{\ne}}'''", None),
    ("a comparison in a field", "x = t'{a!=b}'", "x = f'{a!=b}'"),
    ("text after a field in a format specification", "x = t'{a:{w}.2f}'", "x = f'{a:{w}.2f}'"),
    ("an f-string in type parameters", "type X[T = f'{'a'}'] = int", "X = int"),
    ("a parenthesised f-string", "x = (((f'{\na}')))", None),
    ("implicit concatenation", "x = ('a'\n  f'{b['c']}' # here\n  f'{'\\n'.join(d)}'\n  'e')", None),
    ("implicit concatenation that is fine", "x = 'a' f'{b}'; type Y = int", "x = 'a' f'{b}'; Y = int"),
    ("no space before", "def g():\n    return'a'f'{'\\n'}'if b else c", None),
    ("nested f-strings", 'x = f"{f"{f"{1}"}"}"', None),
    ("type parameters", "def g[T: int, *U, **P](x: T) -> T: ...", "def g(x: T) -> T: ..."),
    ("type parameter defaults", "class A[T = int, *U = *X]: ...", "class A: ..."),
    (
        "type parameters over lines",
        "async def g[\n    T,  # one\n    U,\n](x): ...",
        "async def g\\\n\\\n\\\n(x): ...",
    ),
    (
        "class type parameters over lines",
        "class A[\n    T\n](B):\n    def m[U](self): ...",
        "class A\\\n\\\n(B):",
    ),
    ("type alias", "type X = int | str", "X = int | str"),
    (
        "generic type alias over lines",
        "type X[\n  T\n] = (\n  list[T]); y = 1",
        "X \\\n\\\n= (\n  list[T]); y = 1",
    ),
    (
        "unpacking in a list",
        "x = [*a for a in b]; y = [a for a in b]",
        "x = [(a) for a in b]; y = [a for a in b]",
    ),
    (
        "unpacking in a set and an argument",
        "x = {*a for a in b}; f(*a for a in b)",
        "x = {(a) for a in b}; f((a) for a in b)",
    ),
    (
        "unpacking in a dict, over lines",
        "x = {\n **  # all\n a for a in b}",
        "x = {\n (  # all\n a) for a in b}",
    ),
    ("lazy imports", "lazy import x\nlazy from .y import (\n  z)", "import  x\nfrom  .y import (\n  z)"),
    ("a lazy import over lines", "lazy \\\n  import x", "import \\\n   x"),
    ("form feeds", "\x0c\n \x0cx = 1\x0c\ntype Y = int", "Y = int"),
    ("a Windows file", "x = '''a\r\nb'''\r\ntype Y = int\r\n", "Y = int"),
    ("an old Macintosh file", "x = 1\rtype Y = int\r", "Y = int"),
    ("an invalid escape", "x = '\\d'\ntype Y = int", "Y = int"),
]


def definitions(source: str) -> list[tuple[str, int]]:
    """Every ``def`` and ``class`` by name and line, read off the text."""
    lines = re.sub(r"\r\n?", "\n", source).split("\n")
    found = (re.match(r"\s*(?:async\s+)?(?:def|class)\s+(\w+)", line) for line in lines)
    return [(match[1], number) for number, match in enumerate(found, 1) if match]


def definitions_in_tree(source: str) -> list[tuple[str, int]]:
    nodes = (
        node
        for node in ast.walk(parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    )
    return sorted(((node.name, node.lineno) for node in nodes), key=lambda item: item[1])


def parse(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def line_count(source: str) -> int:
    return len(re.split(r"\r\n?|\n", source))


def reads_as_311(expression: str) -> bool:
    """Whether Python 3.11 surely reads an f-string, whatever runs here: one level of braces, and in them no backslash,
    newline, comment, or own quote, and no blank after a conversion.
    """
    depth = 0
    quote = expression[re.match("[A-Za-z]*", expression).end()]  # type: ignore[union-attr]
    for letter in expression:
        depth += (letter == "{") - (letter == "}")
        if depth > 1 or (depth and letter in {*"\\\n#", quote}):
            return False
    return not re.search(r"{[^{}]*!\s*\w*\s", expression)


@pytest.mark.parametrize(
    ("source", "expected"), [case[1:] for case in NEWER], ids=[case[0] for case in NEWER]
)
def test_newer_syntax_becomes_readable_and_no_line_moves(source: str, expected: str | None) -> None:
    whole = AROUND.format(source)
    rewritten = rescue(whole)
    parse(rewritten)
    assert line_count(rewritten) == line_count(whole)
    assert definitions_in_tree(rewritten) == definitions(whole)
    assert expected is None or expected in rewritten or rescue(whole) == whole


@pytest.mark.parametrize(
    ("source", "expected"), [case[1:] for case in NEWER], ids=[case[0] for case in NEWER]
)
def test_every_interpreter_writes_what_the_oldest_needs(source: str, expected: str | None) -> None:
    plain = (
        re.sub(r"\r\n?", "\n", source)
        .replace(" \x0c", "")
        .replace("\x0c", "")
        .replace("tr'", "rt'")
        .replace('TR"', 'RT"')
    )
    by_tokens = token_forms.rewrite(plain, reads=reads_as_311)
    assert line_count(by_tokens) == line_count(plain)
    if "t'a' t'b" in plain:
        return  # LibCST cannot read this one by itself
    by_libcst = rewrite(plain, reads=reads_as_311)
    assert lines(parse(by_tokens)) == lines(parse(by_libcst))
    assert line_count(by_libcst) == line_count(plain)


@pytest.mark.parametrize("always", [True, False])
def test_an_fstring_stays_one_where_the_interpreter_reads_it(always: bool) -> None:
    source = 'x = f"{PREFIX}/transfers"\n'
    assert (rewrite(source, reads=lambda _: always) == source) is always


def test_expressions_and_text_survive_in_order_where_an_fstring_must_be_taken_apart() -> None:
    rewritten = rewrite("x = f'A{B():{C()}}\\t{D()}' 'E' rf'F{G()}'\n", reads=lambda _: False)
    calls = [
        node.func.id
        for node in ast.walk(parse(rewritten))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    assert sorted(calls) == ["B", "C", "D", "G"]
    assert re.sub(r"[^A-G]", "", rewritten) == "ABCDEFG"


def test_source_that_the_interpreter_reads_comes_back_as_it_is() -> None:
    source = "\x0cdef f(x):\r\n    return '\\d'\r\n"
    assert rescue(source) is source


def test_a_byte_order_mark_is_dropped() -> None:
    assert rescue("\ufeffx = 1\n") == "x = 1\n"


# What begins with a lazy import is too new for every Python up to 3.14, and goes to LibCST on each of them.
# name, source, line, column (0: any), part of the message
BROKEN = [
    ("never closed", "x = 1\ny = (1,\nz = 3\n", 2, 5, "never closed"),
    ("never closed after newer syntax", "lazy import x\ny = (1,\nz = 3\n", 2, 5, "never closed"),
    ("unmatched after newer syntax", "lazy import x\ny = 1)\n", 2, 6, "unmatched"),
    ("unterminated after newer syntax", "lazy import x\ny = 'a\n", 2, 5, "unterminated"),
    ("no end after except", "lazy import x\ntry: ...\nexcept A, B", 3, 0, "parenthesized|invalid syntax"),
    ("after newer syntax", "lazy import x  # why\n\ndef g(\n\n):\n    x = = 1\n", 6, 9, "invalid syntax"),
    ("a comment after the error", "lazy import x\nx = = 1\n", 2, 5, "invalid syntax"),
    (
        "the offending token ends its line",
        "lazy import x\ndef f(:  # why\n    # more\n    pass\n",
        2,
        6,
        "never closed",
    ),
    ("a print statement", "print 'x'\n", 1, 1, "Missing parentheses"),
    ("unterminated", "x = '''abc", 1, 5, "unterminated"),
    ("dedent", "if x:\n        a\n    b\n", 3, 0, "unindent"),
    ("no body", "def f():\nx = 1\n", 2, 1, "indented block"),
    ("typographic quotes", "x = 1\ny = “a”\n", 2, 5, "invalid character"),
    ("null byte", "x = 1\ny = 1\0\n", 2, 0, "null byte"),
    ("lone surrogate", "x = 1\ny = '\ud800'\n", 2, 6, "surrogate"),
    ("what LibCST takes and Python never will", "lazy import x\nx = '\\N{NO SUCH NAME}'\n", 2, 0, "unicode"),
    (
        "that, and a line that LibCST drops",
        "lazy import x\n\\\nx = '\\N{NO SUCH NAME}'\n",
        3,
        0,
        "unicode",
    ),
    ("too many brackets", "lazy import x\nx = " + "(" * 300 + ")" * 300, 0, 0, "too deeply|too many"),
    (
        "too many brackets in an f-string",
        "lazy import x\nx = f'{" + "(" * 300 + ")" * 300 + "}'",
        0,
        0,
        "too deeply",
    ),
    ("too long a chain", "lazy import x\nx = 1" + " + 1" * 20_000, 0, 0, "too deeply"),
    (
        "an error beside too many branches",
        "lazy import x\nif x: ...\n" + "elif x: ...\n" * 5_000 + "y = = 1\n",
        0,
        0,
        "too deeply",
    ),
    ("a line that LibCST would drop", "\\\nlazy import x\ny = = 1\n", 3, 0, "invalid syntax"),
    ("a file of brackets", ")" * 5 + "[f(" * 50_000, 0, 0, "deeply|unmatched"),
    ("a file of operators", "-" * 200_000 + "1", 0, 0, "deeply"),
]


@pytest.mark.parametrize(
    ("source", "line", "column", "message"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_what_nothing_can_parse_is_refused_at_its_line(
    source: str, line: int, column: int, message: str
) -> None:
    with pytest.raises(CannotParse, match=message) as caught:
        rescue(source)
    error = caught.value
    assert (error.line if line else 0, error.column if column else 0) == (line, column)
    assert str(error) == f"line {error.line}, column {error.column}: {error.message}"


# f-strings that do not close, each with the column of what stays open. Some Pythons name a place of their own for it.
UNCLOSED = [
    ("no end", "y = f'{a}\n", 5),
    ("no end after a field", "y = f'{a ", 7),
    ("no end of a string in a field", "y = f'{\"\n", 8),
    ("no end after a conversion", "y = f'{a!r", 7),
    ("no end after a format specification", "y = f'{a:>3", 10),
]


@pytest.mark.parametrize("source", [case[1] for case in UNCLOSED], ids=[case[0] for case in UNCLOSED])
def test_an_fstring_that_does_not_close_is_refused_at_its_line(source: str) -> None:
    with pytest.raises(CannotParse) as caught:
        rescue(f"lazy import x\n{source}")
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("source", "column"), [case[1:] for case in UNCLOSED], ids=[case[0] for case in UNCLOSED]
)
def test_what_stays_open_is_told_where_the_interpreter_stopped_before_it(source: str, column: int) -> None:
    with pytest.raises(CannotParse, match="unterminated") as caught:
        rescued(f"lazy import x\n{source}", CannotParse(1, 6, "invalid syntax"))
    assert (caught.value.line, caught.value.column) == (2, column)


@pytest.mark.parametrize("error", [RecursionError(), MemoryError()])
def test_an_interpreter_that_runs_out_of_stack_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(source: str) -> None:
        raise error

    monkeypatch.setattr(ast, "parse", refuse)
    with pytest.raises(CannotParse):
        rescue("x = = 1\n")
    assert not interpreter_reads("x")


def test_a_long_table_is_not_deep_nesting() -> None:
    table = ", ".join(f"({number}, 'a' 'b', -{number} + 1)" for number in range(400))
    assert rescue(f"x = [{table}]\nlines = 1\n" + "lines += 1\n" * 1_000 + "type Y = int\n").endswith(
        "Y = int\n"
    )


def test_a_long_chain_within_bounds_is_rewritten_and_the_recursion_limit_restored() -> None:
    limit = sys.getrecursionlimit()
    assert "Y = int" in rescue("x = 1" + " + 1" * 500 + "\ntype Y = int\nlazy import z\n")
    assert sys.getrecursionlimit() == limit


def test_without_libcst_the_refusal_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def import_without_libcst(name: str, *rest: object) -> object:
        if name == "idem_lint.source.newer_syntax.forms":
            raise ImportError(name)
        return real_import(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", import_without_libcst)
    with pytest.raises(CannotParse, match=r"pip install 'idem-guard\[lint\]'"):
        rescue("lazy import x\ny = = 1\n")


def test_libcst_rewrites_what_the_tokens_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_forms, "rewrite", lambda source: source.replace("lazy ", ""))
    assert rescue("lazy import x\ny = [*a for a in b]\n") == "import  x\ny = [(a) for a in b]\n"


def test_importing_the_module_does_not_import_libcst() -> None:
    code = "import sys, idem_lint.source.newer_syntax.rewriting; sys.exit('libcst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


PIECES = [case[1] for case in NEWER] + [
    "def f(",
    "class A:",
    "    x",
    ":",
    "(",
    ")",
    '"',
    "'''",
    "f'{",
    "}'",
    "#",
    "\\",
    "\n",
    "\r",
    "\x0c",
    "\0",
    "except A, B:",
    "\ufeff",
    "type X",
    "t'",
    "é",
    "=",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=6).map("\n".join))
@settings(max_examples=150)
def test_whatever_it_is_given_it_is_readable_afterwards_or_refused(source: str) -> None:
    try:
        rewritten = rescue(source)
    except CannotParse as error:
        assert 1 <= error.line <= line_count(source) + 1
        assert error.column >= 0
    else:
        parse(rewritten)
        assert line_count(rewritten) == line_count(source)


def newer_libraries() -> list[Path]:
    """The standard libraries of newer interpreters that stand beside this one, and this one's own."""
    beside = Path(sys.base_prefix).parent.glob("*/lib/python3.1[2-9]")
    own = Path(ast.__file__).parent
    return sorted({own, *beside}, key=lambda path: path.name)


NEWER_IN_BYTES = re.compile(
    rb"^\s*(?:async )?(?:def|class) \w+\[|^\s*type \w+ =|^\s*except \w+, \w", re.MULTILINE
)


def is_newer(path: Path) -> bool:
    source = path.read_bytes()
    return len(source) < 60_000 and "test_syntax" not in path.name and bool(NEWER_IN_BYTES.search(source))


@pytest.mark.parametrize("library", newer_libraries(), ids=lambda path: path.name)
def test_newer_standard_libraries_are_read_line_for_line(library: Path) -> None:
    files = [
        path
        for path in sorted(library.glob("*.py")) + sorted(library.glob("test/test_[dfpt]*.py"))
        if is_newer(path)
    ]
    for path in files[:8]:
        source = path.read_text(encoding="utf-8")
        rewritten = rescue(source)
        assert line_count(rewritten) == line_count(source), path
        outside_strings = {
            (node.name, node.lineno) for node in ast.walk(parse(rewritten)) if isinstance(node, ast.ClassDef)
        }
        assert outside_strings <= set(definitions(source)), path


def test_libcst_reads_every_sample_that_the_interpreter_needs() -> None:
    """A LibCST that can no longer read a form would show here by name, not as a refused file somewhere."""
    unread = [name for name, source, _ in NEWER if not libcst_reads(source)]
    assert unread == ["raw t-strings", "t-strings in a row"]


def libcst_reads(source: str) -> bool:
    try:
        cst.parse_module(source)
    except Exception:  # a CSTLogicError is no ParserSyntaxError
        return False
    return True


def rewritten_by_both(source: str) -> tuple[ast.Module, ast.Module]:
    plain = rewriting._plain(source)
    by_tokens = token_forms.rewrite(plain)
    by_libcst = rewrite(rewriting._without_template_prefixes(plain))
    return parse(by_tokens), parse(by_libcst)


def lines(tree: ast.Module) -> list[tuple[str, int]]:
    return [(type(node).__name__, node.lineno) for node in ast.walk(tree) if hasattr(node, "lineno")]


@pytest.mark.parametrize(
    "source", [AROUND.format(case[1]) for case in NEWER], ids=[case[0] for case in NEWER]
)
def test_tokens_and_libcst_rewrite_every_form_to_the_same_tree(source: str) -> None:
    by_tokens, by_libcst = rewritten_by_both(source)
    assert ast.dump(by_tokens) == ast.dump(by_libcst)
    assert lines(by_tokens) == lines(by_libcst)


@pytest.mark.parametrize("library", newer_libraries(), ids=lambda path: path.name)
def test_tokens_and_libcst_rewrite_newer_standard_libraries_to_the_same_trees(library: Path) -> None:
    names = (
        "test/test_type_params.py",
        "test/test_type_aliases.py",
        "configparser.py",
        "ast.py",
    )
    for name in names:
        path = library / name
        if path.exists():
            by_tokens, by_libcst = rewritten_by_both(path.read_text(encoding="utf-8"))
            assert ast.dump(by_tokens) == ast.dump(by_libcst), path


@given(
    st.lists(st.sampled_from([AROUND.format(case[1]) for case in NEWER]), min_size=1, max_size=4).map("".join)
)
@settings(max_examples=40)
def test_tokens_and_libcst_agree_on_any_row_of_forms(source: str) -> None:
    by_tokens, by_libcst = rewritten_by_both(source)
    assert ast.dump(by_tokens) == ast.dump(by_libcst)


# what is no newer syntax, or has one of its words in another place
ALIKE = [
    "type = 1\ntype[0] = type (x)\nx: type = 3\n",
    "lazy = 1\nlazy.load(x)\nmatch.type = lazy\n",
    "x = '''\ntry: ...\nexcept A, B: ...\n'''\n",
    "def f(*a, **b): return [*a, *b], {**a, **b}, f(*a, **b)\n",
    "x = [a for a in b], {a: b for a in b}, f\"{a:{b}}\", '\\N{BULLET}', f'\\N{BULLET}{x}\\{{\\}}'\n",
    "try: ...\nexcept (A, B) as e: ...\nexcept A[1, 2]: ...\nexcept: ...\n",
    "if x: type\nelse: lazy\n",
    "x = a[1:2], {1: 2}, (lambda: 0)\n  ",
]


@pytest.mark.parametrize("source", ALIKE, ids=range(len(ALIKE)))
def test_older_syntax_stays_as_it_is_at_the_tokens(source: str) -> None:
    assert token_forms.rewrite(source) == source
    parse(source)


def test_tokens_rewrite_what_is_newer_than_every_interpreter_without_libcst() -> None:
    code = (
        "import sys\n"
        "from idem_lint.source.newer_syntax.rewriting import rescue\n"
        "rescue('lazy import x\\ntry: ...\\nexcept A, B: ...\\nx = [*a async for a in b]\\n')\n"
        "sys.exit('libcst' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_fstrings_that_nest_without_end_are_refused() -> None:
    with pytest.raises(CannotParse):
        rescue("lazy import x\ny = " + "f'{" * 5_000 + "1" + "}'" * 5_000 + "\n")


def test_an_error_after_blank_and_comment_lines_is_told_at_the_last_code_before_it() -> None:
    source = "value = 1 +  # a sum\n\n# nothing follows\n   "
    assert rewriting._last_token(source, 4, 2) == (1, len("value = 1 +"))
