"""``idem-lint init``: a section that tells a newcomer what is there, and that our own reader takes."""

from __future__ import annotations

import re
import tomllib

import pytest

from idem_lint.settings.config import KEYS
from idem_lint.settings.config_files import load
from tests.lint.front.project import ELSEWHERE, UNMARKED, Shell

TRANSFERS = UNMARKED.replace("/wallet/transfers", "/transfers")
APP = "from fastapi import FastAPI\nfrom core.views import close\n\nFastAPI().post('/close')(close)\n"
PROJECT = {
    "wallet/routes.py": UNMARKED,
    "api/moves.py": TRANSFERS,
    "core/views.py": "def close() -> None: ...\n",
    "savings/app.py": APP,
    "notes/routes.py": ELSEWHERE,
    "wallet/tests/test_app.py": UNMARKED,
}


def section(out: str) -> dict[str, object]:
    table: dict[str, object] = tomllib.loads(out)["tool"]["idem-lint"]
    return table


def test_it_says_what_it_saw_and_chooses_the_narrowest_preset_that_judges_most(shell: Shell) -> None:
    shell.write(PROJECT)
    ran = shell.run("init", "--dry-run")
    assert (ran.code, ran.err) == (0, "")
    assert section(ran.out) == {"preset": "money"}
    text = re.sub(r"\s*\n#\s+", " ", ran.out)
    assert "saw here: 4 handlers, 1 more in tests, which are left out." in text
    assert re.findall(r'"([\w-]+)" +(\d of 4)', ran.out) == [
        ("adr007", "2 of 4"),
        ("adr007-extended", "2 of 4"),
        ("money", "3 of 4"),
    ]
    assert "wallet 1/0/1, savings 0/1/0, transfer 0/0/1" in ran.out
    assert re.findall(r"^#   (\w+) +(\d of \d)$", ran.out, re.MULTILINE) == [
        ("api", "1 of 1"),
        ("core", "1 of 1"),
        ("notes", "0 of 1"),
        ("wallet", "1 of 1"),
    ]
    assert '# domain-paths = { "notes/**" = "notes" }' in ran.out
    assert (shell.root / "pyproject.toml").read_bytes() == b""


@pytest.mark.parametrize("preset", ["adr007", "adr007-extended", "money"])
def test_its_counts_are_those_of_a_run_with_the_preset(preset: str, shell: Shell) -> None:
    shell.write(PROJECT)
    counted = re.search(rf'"{preset}" +(\d) of', shell.run("init", "--stdout").out)
    judged = shell.run("--preset", preset).findings
    assert counted is not None
    assert int(counted[1]) == len(judged)


def test_it_adds_the_section_at_the_end_and_the_linter_obeys_it(shell: Shell) -> None:
    shell.write({**PROJECT, "pyproject.toml": '[project]\nname = "bank"'})
    ran = shell.run("init")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        'pyproject.toml: added [tool.idem-lint]; its preset "money" judges 3 of 4 handlers\n'
        "Next: idem-lint --statistics\n"
    )
    written = (shell.root / "pyproject.toml").read_text()
    assert written.startswith('[project]\nname = "bank"\n\n[tool.idem-lint]\n')
    assert len(shell.run().findings) == 3


def test_line_ends_stay_as_they_are(shell: Shell) -> None:
    shell.write({"pyproject.toml": b'[project]\r\nname = "bank"\r\n'})
    shell.run("init")
    content = (shell.root / "pyproject.toml").read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n")
    assert b'"bank"\r\n\r\n[tool.idem-lint]\r\n' in content


def test_a_new_project_gets_a_file_with_the_words_of_the_decision(shell: Shell) -> None:
    (shell.root / "fresh").mkdir()
    ran = shell.run("init", "fresh")
    assert ran.out.startswith(
        'fresh/pyproject.toml: made, with [tool.idem-lint]; its preset "adr007" judges 0 of 0'
    )
    assert load(shell.root / "fresh").preset == "adr007"


def test_every_key_can_be_taken_out_of_its_comment(shell: Shell) -> None:
    shell.write({**PROJECT, "pyproject.toml": "[tool.idem-lint]\n", "svc/x.py": ""})
    commented = shell.run("init", "--dry-run", "svc").out
    (shell.root / "svc/pyproject.toml").write_text(
        re.sub(r"^# ([\w-]+ = )", r"\1", commented, flags=re.MULTILINE)
    )
    table = section((shell.root / "svc/pyproject.toml").read_text())
    assert set(table) == set(KEYS) - {"domains", "select"}
    assert table["extend"] == "../pyproject.toml"
    assert load(shell.root / "svc").routers == {"company.web.endpoint": "POST"}


def test_a_section_that_is_there_is_never_changed(shell: Shell) -> None:
    shell.write({"pyproject.toml": "[tool.idem-lint]\n"})
    ran = shell.run("init")
    assert (ran.code, ran.out) == (2, "")
    assert "pyproject.toml: has a [tool.idem-lint] table already, which stays as it is" in ran.err
    assert "idem-lint init --dry-run" in ran.err
    assert (shell.root / "pyproject.toml").read_text() == "[tool.idem-lint]\n"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[project\n", "pyproject.toml: a [tool.idem-lint] table cannot be added at its end: "),
        ("tool = { x = 1 }\n", "put what `idem-lint init --dry-run` prints where it belongs"),
        ("[tool.idem_lint]\n", 'did you mean "idem-lint"?'),
    ],
)
def test_a_file_that_cannot_take_it_is_left_alone(content: str, complaint: str, shell: Shell) -> None:
    shell.write({"pyproject.toml": content})
    ran = shell.run("init")
    assert ran.code == 2
    assert complaint in ran.err
    assert (shell.root / "pyproject.toml").read_text() == content


def test_no_folder_and_no_way_to_read_or_write_are_wrong_usage(shell: Shell) -> None:
    assert "nowhere: no such folder" in shell.run("init", "nowhere").err
    (shell.root / "a/pyproject.toml").mkdir(parents=True)
    assert "a/pyproject.toml: cannot be read: Is a directory" in shell.run("init", "a").err
    (shell.root / "b").mkdir()
    (shell.root / "b/pyproject.toml").symlink_to("no/such/place")
    assert "b/pyproject.toml: cannot be written: No such file or directory" in shell.run("init", "b").err


def test_many_folders_undecided_places_and_broken_files_are_counted(shell: Shell) -> None:
    folders = {f"area{number:02}/routes.py": ELSEWHERE for number in range(22)}
    odd = "from fastapi import FastAPI\napp = FastAPI()\n@app.route('/x', methods=given)\ndef f(): ...\n"
    shell.write({**folders, "wallet/odd.py": odd, "wallet/broken.py": "def (:\n# fastapi post\n"})
    out = shell.run("init", "--dry-run").out
    text = re.sub(r"\s*\n#\s+", " ", out)
    assert "and 2 folders more (idem-lint inventory lists every handler)" in text
    assert (
        "1 registration that cannot be read to the end (see routers), 1 file that cannot be parsed." in text
    )


def test_nothing_to_suggest_has_a_made_up_example(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED})
    assert '# domain-paths = { "apps/accounts/**" = "accounts" }' in shell.run("init", "--dry-run").out
