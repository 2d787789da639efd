"""Whatever stands between decorators: what is moved is moved whole, all else stays byte for byte, a second run does nothing."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from idem_lint.fixing.added_imports import Imports
from idem_lint.fixing.decorator_stacks import at_line, put_on, to_the_bottom
from idem_lint.fixing.source_text import SourceText
from idem_lint.fixing.syntax import read
from idem_lint.source.discovery import encoded

_WORDS = st.text(st.characters(codec="latin-1", categories=["L", "N", "P", "Zs"]), max_size=12)
_COMMENTS = _WORDS.map(lambda text: f"# {text}")
_MARKS = st.sampled_from(["@mark", "@mark()", '@mark(\n        a="(",  # b\n    )', "@ mark", "@mark  # why"])
_OTHERS = st.sampled_from(
    ["@other", "@a.b('/x')", '@a.b(\n    """x\n@mark\n""",\n)', "@x[0]  # y", "@(lambda f: f)"]
)
_BETWEEN = st.lists(st.one_of(_COMMENTS, st.just(""), st.just("   ")), max_size=2)
_INDENTS = st.sampled_from(["", "    ", "\t", "  "])
_ENDS = st.sampled_from(["\n", "\r\n"])
_HEADS = st.sampled_from(["", '"""Doc."""\n', "from __future__ import annotations\n", "import os\n# c\n"])


@st.composite
def stacks(draw: st.DrawFn) -> tuple[str, str, int]:
    """A module with one decorated function, the words around it, and the number of the mark in the stack."""
    indent = draw(_INDENTS)
    lines = draw(st.lists(_OTHERS, max_size=3))
    number = draw(st.integers(0, len(lines)))
    lines.insert(number, draw(_MARKS))
    text = draw(_HEADS) + ("if True:\n" if indent else "")
    for line in lines:
        between = draw(_BETWEEN)
        text += "".join(f"{indent if part.strip() else ''}{part}\n" for part in between)
        text += f"{indent}{line}\n"
    text += f"{indent}{draw(st.sampled_from(['def', 'async def', 'class']))} f():{draw(st.sampled_from(['', '  # ü']))}\n"
    text += f"{indent}    return 1\n".replace("return 1", "x = '''\n'''") + draw(
        st.sampled_from(["", "y = 1", "y = 1\n"])
    )
    return text.replace("\n", draw(_ENDS)), indent, number


def _decorators(text: str) -> list[str]:
    definition = next(node for node in ast.walk(ast.parse(text)) if getattr(node, "decorator_list", None))
    return [ast.unparse(node) for node in definition.decorator_list]


@settings(max_examples=30)
@given(stacks(), st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_a_moved_decorator_changes_nothing_but_the_order(made: tuple[str, str, int], mark: bytes) -> None:
    text, _, number = made
    raw = mark + text.encode()
    assert encoded(text, like=raw) == raw
    syntax = read(text)
    definition = next(found for found in syntax.definitions.values() if found.name == "f")
    source = SourceText(Path("a.py"), raw, raw, text)
    changed = source.changed(to_the_bottom(syntax, definition, number)).removeprefix(mark).decode()
    before = _decorators(text)
    assert _decorators(changed) == [*before[:number], *before[number + 1 :], before[number]]
    start = syntax.line_start(definition.decorators[0].first)
    end = syntax.line_start(definition.line)
    rest = text[:start], text[end:]
    assert changed.startswith(rest[0])
    assert changed.endswith(rest[1])
    assert Counter(changed.splitlines()) == Counter(text.splitlines())
    again = read(changed)
    moved = next(found for found in again.definitions.values() if found.name == "f")
    last = len(moved.decorators) - 1
    once_more = SourceText(Path("a.py"), b"", changed.encode(), changed)
    assert once_more.changed(to_the_bottom(again, moved, last)).decode() == changed
    assert at_line(moved, moved.decorators[last].last) == last


@settings(max_examples=30)
@given(stacks())
def test_a_mark_with_its_import_adds_lines_and_changes_none(made: tuple[str, str, int]) -> None:
    text, indent, _ = made
    syntax = read(text)
    definition = next(found for found in syntax.definitions.values() if found.name == "f")
    edits = [
        *Imports(syntax, Path("/nowhere")).added("idem_runtime", ["money_moving"], definition.line),
        put_on(syntax, definition, "money_moving"),
    ]
    changed = SourceText(Path("a.py"), b"", text.encode(), text).changed(edits).decode()
    assert _decorators(changed) == [*_decorators(text), "money_moving"]
    added = Counter(changed.splitlines()) - Counter(text.splitlines())
    del added[""]
    assert added == Counter({f"{indent}@money_moving": 1, "from idem_runtime import money_moving": 1})
    assert not Counter(text.splitlines()) - Counter(changed.splitlines())
    compile(changed, "a.py", "exec", dont_inherit=True)
