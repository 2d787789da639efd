"""The first look: words are whole words, and a pattern is never missed for its shape."""

from __future__ import annotations

import pytest

from idem_lint.source.prefilter import WORD, Screen


def shows(fragments: list[str], source: bytes) -> bool:
    return Screen(fragments).search(source, frozenset(WORD.findall(source)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"@router.post('/x')", True),
        (b"post", True),
        (b"post2 = repost", False),
        (b"", False),
    ],
)
def test_a_word_is_found_whole(source: bytes, expected: bool) -> None:
    assert shows(["post"], source) is expected


@pytest.mark.parametrize(
    ("pattern", "source", "expected"),
    [
        (r"methods?\s*=", b"route(method = 1)", True),
        (r"methods?\s*=", b"methods = 1", True),
        (r"methods?\s*=", b"method", False),
        (r"\.endpoint\(", b"app.endpoint('x')", True),
        (r"\bmount\(", b"app.mount('/x')", True),
        (r"from django import", b"from django import urls", True),
        (r"django\.[\w.]*(?:urls|views)", b"import django.conf.urls", True),
        (r"django\.[\w.]*(?:urls|views)", b"import django.db", False),
        (r"one|two\(", b"two(", True),
        (r"(one|two)\.x", b"two.x", True),
        (r"on*e\(", b"oe(", True),
    ],
)
def test_a_pattern_is_found_however_it_starts(pattern: str, source: bytes, expected: bool) -> None:
    assert shows([pattern], source) is expected
