"""``idem-lint baseline`` and ``check --baseline``: what is known stays out of reports, whatever moves; what is gone is said."""

from __future__ import annotations

import json

import pytest

from idem_lint.adoption.baseline import NAME
from idem_lint.running.cli_options import BASELINE
from tests.lint.front.project import BROKEN, MARKED, UNMARKED, Shell

REFUND = UNMARKED.replace("transfer", "refund").partition("router = APIRouter()\n")[2]


def baseline(shell: Shell, *options: str) -> list[dict[str, str]]:
    done = shell.run("baseline", *options)
    assert done.code == 0, done.err
    rows: list[dict[str, str]] = json.loads((shell.root / "idem-baseline.json").read_text())["findings"]
    return rows


def checked(shell: Shell, *options: str):
    return shell.run("check", "--baseline", "idem-baseline.json", *options)


def test_what_is_known_is_not_reported_and_what_is_new_is(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED})
    assert checked(shell).code == 2
    assert baseline(shell) == [{"code": "IDM001", "name": "transfer", "file": "wallet/routes.py"}]
    known = checked(shell, "--strict")
    assert known.code == 0
    assert "1 known finding left out" in known.err
    shell.write({"wallet/routes.py": UNMARKED + REFUND})
    found = checked(shell, "--strict")
    assert (found.code, found.findings) == (1, ["wallet/routes.py:12 IDM001"])


def test_lines_and_files_may_move(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED, "wallet/other.py": "x = 1\n"})
    baseline(shell)
    shell.write({"wallet/routes.py": "# moved\n\n\n" + UNMARKED})
    assert checked(shell, "--strict").code == 0
    (shell.root / "wallet/routes.py").rename(shell.root / "wallet/payments.py")
    assert checked(shell, "--strict").code == 0


def test_a_handler_of_the_same_name_elsewhere_is_new_while_the_known_one_stands(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED})
    baseline(shell)
    shell.write({"wallet/routes.py": MARKED, "wallet/more.py": UNMARKED})
    found = checked(shell)
    assert found.findings == ["wallet/more.py:7 IDM001"]
    assert "IDM001 transfer in wallet/routes.py is not found any more" in found.err


def test_two_of_the_same_are_counted(shell: Shell) -> None:
    twice = UNMARKED + UNMARKED.partition("APIRouter()\n")[2]
    shell.write({"wallet/routes.py": UNMARKED})
    baseline(shell)
    shell.write({"wallet/routes.py": twice})
    assert len(checked(shell).findings) == 1


def test_what_is_gone_fails_only_where_that_is_wanted(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED + REFUND, "cards/routes.py": UNMARKED})
    baseline(shell)
    shell.write({"wallet/routes.py": MARKED + REFUND})
    assert checked(shell).code == 0
    gone = checked(shell, "--strict")
    assert gone.code == 1
    assert "IDM001 transfer in wallet/routes.py is not found any more" in gone.err
    assert checked(shell, "--strict", "--exit-zero").code == 1
    assert checked(shell, "--strict", "cards").code == 0
    assert checked(shell, "--strict", "--select", "IDM003").code == 0
    assert [row["name"] for row in baseline(shell, "--prune")] == ["refund", "transfer"]
    assert checked(shell, "--strict").code == 0


def test_a_part_of_the_project_leaves_the_rest_of_the_file_alone(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED, "cards/routes.py": UNMARKED})
    baseline(shell)
    shell.write({"wallet/routes.py": MARKED, "cards/routes.py": MARKED})
    assert [row["file"] for row in baseline(shell, "wallet")] == ["cards/routes.py"]


def test_pruning_adds_nothing(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED})
    baseline(shell)
    shell.write({"wallet/routes.py": UNMARKED + REFUND})
    assert [row["name"] for row in baseline(shell, "--prune")] == ["transfer"]
    (shell.root / "idem-baseline.json").unlink()
    assert shell.run("baseline", "--prune").code == 2
    assert NAME == BASELINE
    for file, command in (
        (NAME, "idem-lint baseline\n"),
        ("known.json", "idem-lint baseline --output known.json\n"),
    ):
        ran = shell.run("check", "--baseline", file)
        assert ran.code == 2
        assert ran.err.endswith(f"to write it: {command}")


def test_a_file_that_cannot_be_parsed_is_never_known(shell: Shell) -> None:
    shell.write({"wallet/routes.py": BROKEN})
    assert baseline(shell) == []
    assert "never left out" in shell.run("baseline").err
    assert checked(shell).findings == ["wallet/routes.py:1 IDM900"]


def test_a_finding_without_a_handler_is_known_by_its_file_alone(shell: Shell) -> None:
    comment = MARKED.replace("int]:", "int]:  # noqa: IDM001")
    shell.write({"wallet/routes.py": comment})
    assert baseline(shell) == [{"code": "IDM014", "name": "", "file": "wallet/routes.py"}]
    (shell.root / "wallet/routes.py").rename(shell.root / "wallet/other.py")
    found = checked(shell)
    assert found.findings == ["wallet/other.py:10 IDM014"]
    assert "(no handler)" in found.err


def test_it_stands_where_it_is_wanted_and_its_paths_follow(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED, "lint/x.txt": ""})
    assert shell.run("baseline", "--output", "lint/known.json").code == 0
    assert '"file": "../wallet/routes.py"' in (shell.root / "lint/known.json").read_text()
    assert shell.run("check", "--baseline", "lint/known.json", "--strict").code == 0
    assert shell.run("baseline", "--output", "none/known.json").code == 2


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "is no baseline"),
        ("[]", "is no baseline"),
        ('{"version": 2}', "of another version"),
        ('{"version": 1, "findings": [{}]}', "is no baseline"),
    ],
)
def test_another_file_is_no_baseline(content: str, complaint: str, shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED, "idem-baseline.json": content})
    done = checked(shell)
    assert done.code == 2
    assert complaint in done.err
