"""``docs/rules-frameworks.md``: what is called wrong gives its finding and no other, what is called right gives none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idem_lint.rules import RULES
from tests.lint.front.project import Shell

PAGE = (Path(__file__).parents[3] / "docs" / "rules-frameworks.md").read_text(encoding="utf-8")
PAIR = re.compile(r"Wrong:\n\n```python\n(.*?)```\n\nRight:\n\n```python\n(.*?)```", re.DOTALL)


def examples() -> list[tuple[str, str, str, str]]:
    """Code, framework, wrong and right."""
    found = []
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        code = section.partition(":")[0]
        for part in re.split(r"^### ", section, flags=re.MULTILINE)[1:]:
            pair = PAIR.search(part)
            assert pair is not None, part
            found.append((code, part.splitlines()[0], pair[1], pair[2]))
    return found


EXAMPLES = examples()


def files(block: str) -> dict[str, str]:
    """The files of a block: each begins with its name."""
    parts = re.split(r"^# (\S+\.py)\n", block, flags=re.MULTILINE)
    assert parts[0] == ""
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize(
    ("code", "framework", "wrong", "right"), EXAMPLES, ids=[f"{code}-{name}" for code, name, *_ in EXAMPLES]
)
def test_wrong_is_found_and_right_is_not(
    code: str, framework: str, wrong: str, right: str, shell: Shell
) -> None:
    shell.write(files(wrong))
    bad = shell.run()
    shell.write(files(right))
    good = shell.run()
    assert {found.split()[1] for found in bad.findings} == {code}, bad.out + bad.err
    assert good.findings == [], good.out
    assert good.code == 0


def test_it_has_both_frameworks_and_rules_that_there_are() -> None:
    assert {framework for _, framework, *_ in EXAMPLES} == {"Django", "Flask"}
    assert {code for code, *_ in EXAMPLES} <= {rule.code for rule in RULES}
    assert len(EXAMPLES) == PAGE.count("Wrong:")
