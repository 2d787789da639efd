from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idem_lint.server.messages import Encoding, Span
from idem_lint.server.positions import Lines, edits, units

TEXT = st.text(alphabet=st.sampled_from("ab 😀é\u2028\f\n\r"), max_size=30)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


@pytest.mark.parametrize(("encoding", "length"), [("utf-8", 8), ("utf-16", 5), ("utf-32", 4)])
def test_lengths_are_counted_in_the_units_of_the_encoding(encoding: Encoding, length: int) -> None:
    assert units("a😀éa", encoding) == length


def test_a_place_is_shown_with_its_word_or_to_the_end_of_the_line() -> None:
    lines = Lines("x\n  def transfer(): # 😀\n", "utf-16")
    assert lines.span(2, 7) == Span(1, 6, 1, 14)
    assert lines.span(2, 15) == Span(1, 14, 1, 22)
    assert lines.span(2, 7, length=3) == Span(1, 6, 1, 9)
    assert lines.span(1, 99) == Span(0, 1, 0, 1)
    assert lines.span(99, 1) == Span(1, 0, 1, 0)
    assert Lines("", "utf-8").span(1, 1) == Span(0, 0, 0, 0)


def test_lines_end_where_editors_end_them_and_nowhere_else() -> None:
    lines = Lines("a\fb\r\nc\rd\u2028e\nf", "utf-16")
    assert [lines.line(number) for number in range(7)] == ["", "a\fb", "c", "d\u2028e", "f", "", ""]


def test_a_character_leads_back_to_its_column() -> None:
    lines = Lines("é😀x", "utf-16")
    assert [lines.column(1, character) for character in range(6)] == [1, 2, 2, 3, 4, 4]
    assert lines.column(9, 3) == 1


@given(TEXT, TEXT, ENCODINGS)
def test_edits_make_one_text_of_the_other(before: str, after: str, encoding: Encoding) -> None:
    text = before
    starts = _starts(before)
    for edit in reversed(edits(before, after, encoding)):
        assert (edit.span.character, edit.span.end_character) == (0, 0) or edit.span.end_line == len(
            starts
        ) - 1
        start = _offset(before, starts, edit.span.line, edit.span.character, encoding)
        end = _offset(before, starts, edit.span.end_line, edit.span.end_character, encoding)
        text = text[:start] + edit.text + text[end:]
    assert text == after


def _starts(text: str) -> list[int]:
    """The offsets at which lines begin, as the protocol has them."""
    starts = [0]
    for index, letter in enumerate(text):
        if letter == "\n" or (letter == "\r" and text[index + 1 : index + 2] != "\n"):
            starts.append(index + 1)
    return starts


def _offset(text: str, starts: list[int], line: int, character: int, encoding: Encoding) -> int:
    offset = starts[line]
    while units(text[starts[line] : offset], encoding) < character:
        offset += 1
    return offset
