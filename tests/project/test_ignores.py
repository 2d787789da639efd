"""Whatever a tool is told to overlook, a reason stands beside it."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.project import ROOT

DIRECTIVE = re.compile(r"# (?:noqa\b|type: ignore\b|pyright: ignore\b|pragma: no cover\b)")
REASONED = re.compile(r" - \w+")
"""After the codes; mypy reads nothing behind its own, so that the reason is a comment after the comment."""


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """The comments of a module, with their lines."""
    with io.StringIO(path.read_text(encoding="utf-8")) as source:
        for token in tokenize.generate_tokens(source.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def unexplained(comment: str) -> bool:
    return DIRECTIVE.match(comment) is not None and REASONED.search(comment) is None


def test_every_ignore_in_the_product_has_a_reason() -> None:
    files = [path for package in ("idem_lint", "idem_runtime") for path in (ROOT / package).rglob("*.py")]
    found = [(path, line, text) for path in files for line, text in comments(path) if DIRECTIVE.match(text)]
    assert found
    bare = [f"{path.relative_to(ROOT)}:{line}: {text}" for path, line, text in found if unexplained(text)]
    assert bare == [], "say why after the codes: `# noqa: BLE001 - …`, `# type: ignore[misc]  # - …`"


def test_an_ignore_without_a_reason_is_seen() -> None:
    for bare in (
        "# noqa: S101",
        "# type: ignore[misc]",
        "# pyright: ignore[reportAny]  # noqa: N802",
        "# noqa",
    ):
        assert unexplained(bare)
    for fine in (
        "# noqa: S101 - why",
        "# type: ignore[misc]  # - why",
        "# as noqa: says",
        "# a word - another",
    ):
        assert not unexplained(fine)


def test_every_rule_that_files_are_spared_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text.partition("[tool.ruff.lint.per-file-ignores]\n")[2].partition("\n[")[0]
    lines = [line for line in section.splitlines() if re.search(r'"[A-Z]+\d*"', line)]
    assert lines
    assert [line for line in lines if not re.search(r"\] # \w|,\s+# \w", line)] == []
