"""``# noqa`` comments: those that silence nothing, those that say no reason, and those that ``--add-noqa`` writes."""

from __future__ import annotations

import os

import pytest

from tests.lint.front.project import MARKED, UNMARKED, Shell


def wallet(shell: Shell) -> str:
    return (shell.root / "wallet/routes.py").read_text()


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        (UNMARKED.replace("int]:", "int]:  # noqa: IDM001"), []),
        (UNMARKED.replace("int]:", "int]:  # noqa: IDM"), ["IDM011"]),
        (UNMARKED.replace("int]:", "int]:  # noqa: IDM001, IDM003 -- why"), ["IDM014"]),
        (MARKED.replace("int]:", "int]:  # noqa: E501, IDM001"), ["IDM014"]),
        (MARKED.replace("int]:", "int]:  # noqa: E501"), []),
        (MARKED.replace("int]:", "int]:  # noqa: IDM012"), []),
        (MARKED.replace("int]:", "int]:  # a comment, no directive"), []),
        (MARKED + 'X = "# noqa: IDM001"\n', []),
        ("x = 1  # noqa: IDM001\n", ["IDM014"]),
        ("x = (  # noqa: IDM001\n", ["IDM900"]),
    ],
)
def test_a_comment_that_silences_nothing_is_found(source: str, codes: list[str], shell: Shell) -> None:
    shell.write(
        {"wallet/routes.py": source, "wallet/other.py": UNMARKED.replace("def t", "def o") + "# post"}
    )
    found = shell.run("check", "--ignore", "IDM001" if codes == ["IDM900"] else "IDM009")
    mine = [line.split()[1] for line in found.findings if line.startswith("wallet/routes.py")]
    assert mine == codes


def test_idle_comments_can_be_left_out(shell: Shell) -> None:
    shell.write({"wallet/routes.py": MARKED.replace("int]:", "int]:  # noqa: IDM001")})
    assert shell.run("check", "--ignore", "IDM014").code == 0


def test_a_rule_that_is_left_out_makes_no_comment_idle(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED.replace("int]:", "int]:  # noqa: IDM001")})
    assert shell.run("check", "--ignore", "IDM001").code == 0


def test_a_reason_is_wanted_where_the_configuration_says_so(shell: Shell) -> None:
    shell.write({"pyproject.toml": "[tool.idem-lint]\nrequire-reasons = true\n"})
    for comment, code in (
        ("# noqa: IDM001", 1),
        ("# noqa: IDM001 -- the gateway deduplicates", 0),
        ("# noqa: IDM001 - why", 0),
        ("# noqa: IDM001 --", 1),
    ):
        shell.write({"wallet/routes.py": UNMARKED.replace("int]:", f"int]:  {comment}")})
        done = shell.run("check")
        assert done.code == code, comment
        assert ("IDM015" in done.out) == bool(code)
    assert "require-reasons = true" in shell.run("--show-config").out


@pytest.mark.parametrize(
    ("before", "reason", "after"),
    [
        ("int]:", None, "int]:  # noqa: IDM001"),
        ("int]:  # why", None, "int]:  # why  # noqa: IDM001"),
        ("int]:  # noqa: E501", None, "int]:  # noqa: E501, IDM001"),
        ("int]:", "the gateway does it", "int]:  # noqa: IDM001 -- the gateway does it"),
    ],
)
def test_a_finding_is_silenced_by_a_comment(
    before: str, reason: str | None, after: str, shell: Shell
) -> None:
    source = UNMARKED.replace("int]:", before)
    shell.write({"wallet/routes.py": source})
    done = shell.run("check", "--add-noqa", *(["--reason", reason] if reason else []))
    assert (done.code, wallet(shell)) == (0, UNMARKED.replace("int]:", after))
    assert "1 finding silenced by comments" in done.err


def test_two_findings_of_a_line_have_one_comment(shell: Shell) -> None:
    both = UNMARKED.replace("def t", "@not_money_moving\n@not_mine.money_moving\ndef t").replace(
        "import APIRouter\n", "import APIRouter\nfrom idem_runtime import not_money_moving\n"
    )
    shell.write({"wallet/routes.py": both})
    assert shell.run("check", "--add-noqa").code == 0
    assert "# noqa: IDM004, IDM010\n" in wallet(shell)


def test_a_comment_that_would_not_count_is_not_written(shell: Shell) -> None:
    joined = UNMARKED.replace("def transfer(amount: int)", "def transfer \\\n    (amount: int)")
    shell.write({"wallet/routes.py": joined})
    done = shell.run("check", "--add-noqa")
    assert (done.code, wallet(shell)) == (1, joined)
    assert "IDM001 not silenced: a comment in line 7" in done.err


def test_what_no_comment_silences_is_said(shell: Shell) -> None:
    shell.write({"wallet/routes.py": MARKED.replace("int]:", "int]:  # noqa: IDM001")})
    assert "no comment silences this rule" in shell.run("check", "--add-noqa").err


def test_a_file_that_must_not_be_written_is_said(shell: Shell) -> None:
    shell.write(
        {"wallet/routes.py": UNMARKED, "wallet/bytes.py": b"# coding: utf-7\n# +AGE-\n" + UNMARKED.encode()}
    )
    os.link(shell.root / "wallet/routes.py", shell.root / "other.txt")
    done = shell.run("check", "--add-noqa")
    assert "several names" in done.err
    assert "writes the same text in another way" in done.err


def test_a_letter_that_the_file_cannot_hold_is_no_comment(shell: Shell) -> None:
    shell.write({"wallet/routes.py": b"# coding: latin-1\n" + UNMARKED.encode()})
    assert "not silenced" in shell.run("check", "--add-noqa", "--reason", "5 €").err


def test_newer_syntax_can_be_silenced_and_what_cannot_be_parsed_cannot(shell: Shell) -> None:
    shell.write(
        {"wallet/routes.py": UNMARKED.replace("def transfer(", "def transfer[T]("), "wallet/b.py": "def (\n"}
    )
    done = shell.run("check", "--add-noqa")
    assert "# noqa: IDM001" in wallet(shell)
    assert done.findings == ["wallet/b.py:1 IDM900"]


@pytest.mark.parametrize("reason", [" ", "two\nlines"])
def test_a_reason_is_a_line(reason: str, shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED})
    assert shell.run("check", "--add-noqa", "--reason", reason).code == 2
