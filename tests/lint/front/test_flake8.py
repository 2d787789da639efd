"""The plugin in the real flake8: same lines as the command line, silent where another file decides, never fatal."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import idem_lint.running.flake8_run
from idem_lint.flake8_plugin import Plugin
from idem_lint.rules import RULES
from tests.lint.front.project import ABOVE, BROKEN, ELSEWHERE, MARKED, UNMARKED, Ran, Shell, script, write

ROUTES = "wallet/routes.py"


def flake8(root: Path, *arguments: str, stdin: str | None = None) -> Ran:
    return script(
        "flake8", "--isolated", "-j1", "--select=IDM", *(arguments or (".",)), cwd=root, stdin=stdin
    )


def places(ran: Ran) -> list[str]:
    """``file:line:column code`` of every line of output."""
    return sorted(
        " ".join(line.removeprefix("./").split(" ")[:2])
        for line in ran.out.splitlines()
        if " IDM" in line and not line.startswith(" ")  # the source line of a finding may name a code, too
    )


def test_flake8_and_the_command_line_agree_on_every_example(tmp_path: Path) -> None:
    beside = {path: bad for rule in RULES for path, (bad, _) in rule.beside.items()}
    examples = {f"wallet/{rule.code.lower()}.py": rule.bad for rule in RULES}
    root = write(tmp_path / "project", {**examples, **beside})
    seen, told = places(flake8(root)), places(script("idem-lint", cwd=root))
    alone = {rule.code for rule in RULES if rule.per_file}
    # A bare noqa silences flake8 itself, so IDM011 is the command line's, as is what flake8 calls E999.
    assert [place for place in told if place.split()[-1] in alone] == seen
    # IDM012 and IDM015 want options; IDM106's example makes an Idempotency, which other examples show no way to.
    asked = {rule.code for rule in RULES} - {"IDM012", "IDM015"}
    assert {place.split()[-1] for place in told} == asked


def test_a_comment_silences_flake8_as_it_silences_the_command_line(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {ROUTES: UNMARKED.replace("int]:", "int]:  # noqa: IDM001")})
    assert (places(flake8(root)), places(script("idem-lint", cwd=root))) == ([], [])


def test_flake8_reads_the_file_an_editor_has_not_saved(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {ROUTES: MARKED})
    ran = flake8(root, "--stdin-display-name", ROUTES, "-", stdin=ABOVE)
    assert places(ran) == ["wallet/routes.py:10:5: IDM003"]


def test_flake8_says_what_is_wrong_with_the_configuration(tmp_path: Path) -> None:
    table = "[tool.idem-lint]\nselct = []\n"
    root = write(tmp_path / "project", {ROUTES: MARKED, "pyproject.toml": table})
    ran = flake8(root)
    assert places(ran) == ["wallet/routes.py:1:1: IDM900"]
    assert 'found the unknown key "selct"' in ran.out
    assert ran.err == ""


def test_flake8_goes_on_after_a_file_python_cannot_parse(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {ROUTES: UNMARKED, "wallet/a_broken.py": BROKEN})
    assert places(flake8(root)) == ["wallet/routes.py:7:5: IDM001"]


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the plugin keeps for a process, a test must not inherit."""
    idem_lint.running.flake8_run._scope.cache_clear()
    monkeypatch.setattr(idem_lint.running.flake8_run, "_judged", {})


def run(filename: str, text: str) -> list[str]:
    """The plugin in this process, as flake8 calls it."""
    plugin = Plugin(ast.parse(text), filename, text.splitlines(keepends=True))
    return [f"{line}:{column} {message.split()[0]}" for line, column, message, _ in plugin.run()]


def test_columns_count_from_0_as_flake8_wants(shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED})
    assert run(ROUTES, UNMARKED) == ["7:4 IDM001"]


def test_a_file_outside_the_domains_is_not_looked_at(shell: Shell) -> None:
    shell.write({"other/routes.py": ELSEWHERE, "tests/wallet/routes.py": UNMARKED})
    assert run("other/routes.py", ELSEWHERE) == []
    assert run("tests/wallet/routes.py", UNMARKED) == []


def test_a_file_outside_the_domains_is_judged_by_its_routes(shell: Shell) -> None:
    shell.write({"other/routes.py": UNMARKED, "wallet/routes.py": MARKED})
    assert run("other/routes.py", UNMARKED) == ["7:4 IDM001"]


def test_a_clean_file_has_nothing(shell: Shell) -> None:
    shell.write({ROUTES: MARKED})
    assert run(ROUTES, MARKED) == []


@pytest.mark.parametrize(
    "table",
    [
        'exclude = ["wallet/"]',
        'ignore = ["IDM001"]',
        'select = ["IDM002"]',
        'per-file-ignores = {"routes.py" = ["IDM0"]}',
    ],
)
def test_the_configuration_holds_for_flake8_too(table: str, shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED, "pyproject.toml": f"[tool.idem-lint]\n{table}\n"})
    assert run(ROUTES, UNMARKED) == []


def test_a_blanket_comment_is_left_to_the_command_line(shell: Shell) -> None:
    text = MARKED.replace("int]:", "int]:  # noqa")
    shell.write({ROUTES: text})
    assert run(ROUTES, text) == []


MARKS = (
    "from idem_runtime import money_moving\n\n\ndef guarded(function):\n    return money_moving(function)\n"
)
GUARDED = UNMARKED.replace("def transfer", "@guarded\ndef transfer").replace(
    "from fastapi", "from common.marks import guarded\nfrom fastapi"
)


@pytest.mark.parametrize("stored", [GUARDED, GUARDED + "\n"], ids=["saved", "unsaved"])
def test_it_is_silent_where_another_file_changes_the_verdict(stored: str, shell: Shell) -> None:
    shell.write({"common/__init__.py": "", "common/marks.py": MARKS, ROUTES: stored})
    assert run(ROUTES, GUARDED) == []


def test_the_project_is_linked_once_for_all_files(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = idem_lint.running.flake8_run.check

    def counted(*arguments: object, **more: object) -> object:
        made.append(1)
        return real(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(idem_lint.running.flake8_run, "check", counted)
    shell.write({"wallet/a.py": UNMARKED, "wallet/b.py": UNMARKED, "savings/c.py": UNMARKED})
    assert [run(name, UNMARKED) for name in ("wallet/a.py", "wallet/b.py", "savings/c.py")] == [
        ["7:4 IDM001"]
    ] * 3
    assert len(made) == 1


@pytest.mark.parametrize(
    "source",
    [
        UNMARKED.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + UNMARKED.encode(),
        "# coding: latin-1\né = 1\n".encode("latin-1") + UNMARKED.encode(),
        b"# coding: latin-1\nx = '\xc3\xa9'\n" + UNMARKED.encode(),
        None,
    ],
    ids=["crlf", "bom", "latin-1", "latin-1 that could be utf-8", "not stored"],
)
def test_every_encoding_of_a_file_is_read(source: bytes | None, shell: Shell) -> None:
    if source is not None:
        shell.write({ROUTES: source})
    encoding = "latin-1" if source is not None and b"latin-1" in source else "utf-8-sig"
    text = UNMARKED if source is None else source.decode(encoding).replace("\r\n", "\n")
    assert [found.split()[1] for found in run(ROUTES, text)] == ["IDM001"]


def test_unsaved_text_is_read_in_the_encoding_it_names(shell: Shell) -> None:
    shell.write({ROUTES: b"# coding: latin-1\n"})
    assert run(ROUTES, "# coding: latin-1\né = '€'\n" + UNMARKED) == ["9:4 IDM001"]


def test_a_file_that_cannot_be_read_is_no_finding_of_the_others(shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED})
    (shell.root / "wallet/gone.py").symlink_to("nowhere.py")
    assert shell.run().findings == ["wallet/gone.py:1 IDM900", "wallet/routes.py:7 IDM001"]
    assert run(ROUTES, UNMARKED) == ["7:4 IDM001"]


def test_a_file_in_no_project_is_judged_by_itself(tmp_path: Path) -> None:
    path = tmp_path / ROUTES
    path.parent.mkdir()
    path.write_text(UNMARKED)
    assert run(str(path), UNMARKED) == ["7:4 IDM001"]


def test_a_fault_is_a_finding_and_not_the_end_of_the_run(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idem_lint.running.flake8_run, "check", lambda *_: 1 / 0)
    shell.write({ROUTES: UNMARKED})
    assert run(ROUTES, UNMARKED) == ["1:0 IDM900"]


def test_a_file_that_went_away_meanwhile_is_judged_by_its_text(shell: Shell) -> None:
    assert run("wallet/gone.py", UNMARKED) == ["7:4 IDM001"]


def test_bytes_that_contradict_their_encoding_are_left_to_the_command_line(shell: Shell) -> None:
    shell.write({ROUTES: b"x = '\xe9'\n" + UNMARKED.encode()})
    assert run(ROUTES, "x = 'é'\n" + UNMARKED) == []
    assert shell.run().findings == ["wallet/routes.py:1 IDM900"]


def test_unsaved_text_over_such_bytes_is_judged(shell: Shell) -> None:
    shell.write({ROUTES: b"x = '\xe9'\n"})
    assert run(ROUTES, UNMARKED) == ["7:4 IDM001"]
