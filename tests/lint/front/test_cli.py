"""The command line: what it says, where it writes, how it ends."""

from __future__ import annotations

import io
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import idem_lint.cli
from idem_lint import __version__
from idem_lint.commands import checking
from idem_lint.rules import RULES
from tests.lint.front.project import ABOVE, BROKEN, ELSEWHERE, MARKED, UNMARKED, Shell, script

ROUTES = "wallet/routes.py"


def test_a_finding_is_exit_1_and_names_place_and_summary(shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED})
    ran = shell.run()
    assert ran.code == 1
    assert ran.findings == ["wallet/routes.py:7 IDM001"]
    assert ran.out.endswith("1 finding in 1 file (1 file checked)\n")
    assert ran.err == ""


def test_clean_is_exit_0(shell: Shell) -> None:
    shell.write({ROUTES: MARKED, "other.py": ""})
    ran = shell.run("check", ".")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "No findings: 2 files checked, 1 of them in a money domain\n"


def test_several_processes_say_what_one_says(shell: Shell) -> None:
    shell.write({f"wallet/routes{number}.py": UNMARKED for number in range(5)})
    alone = shell.run("check", ".", "--no-cache", "--jobs", "1")
    several = script("idem-lint", "check", ".", "--no-cache", "--jobs", "3", cwd=shell.root)
    assert (several.code, several.out, several.err) == (alone.code, alone.out, "")
    assert len(alone.findings) == 5


def test_several_processes_need_linux(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    ran = shell.run("check", ".", "--jobs", "2")
    assert ran.code == 2
    assert "2 processes: only Linux gives a process what another has read; leave --jobs out" in ran.err


def test_exit_zero_reports_and_passes(shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED})
    ran = shell.run("--exit-zero")
    assert (ran.code, len(ran.findings)) == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--formt", "json"], 'unknown option "--formt"; did you mean "--format"?'),
        (["--formt=json"], 'unknown option "--formt"; did you mean "--format"?'),
        (
            ["--format", "jsno"],
            'found "jsno"; allowed: text, json, sarif, github, gitlab; did you mean "json"?',
        ),
        (
            ["inventory", "--format", "cvs"],
            'found "cvs"; allowed: table, json, csv, markdown, html; did you mean "csv"?',
        ),
        (["--format"], "argument --format: expected one argument"),
        (["inventroy"], 'no file, folder or command "inventroy"; did you mean "inventory"?'),
        (["xyzzy"], "xyzzy: no such file or folder"),
        (["walet"], 'walet: no such file or folder; did you mean "wallet"?'),
        (["nothing/*.py"], "nothing/*.py: the pattern matches nothing"),
        (["--select", "IDM01,IDM3"], 'no rule "IDM3"'),
        (["--ignore", ","], "found nothing"),
        (["--today", "tomorrow"], 'found "tomorrow"; allowed: a date, YYYY-MM-DD'),
        (["--color", "sometimes"], "allowed: auto, always, never"),
        (["--jobs", "0"], 'argument --jobs: "0" is no number of processes: 1 to 64'),
        (["--jobs", "many"], 'argument --jobs: "many" is no number of processes: 1 to 64'),
        (["--jobs", "65"], 'argument --jobs: "65" is no number of processes: 1 to 64'),
        (["--config", "none.toml"], "none.toml: cannot be read"),
        (["explain"], "the following arguments are required: CODE"),
        (["explain", "IDM03"], 'no rule "IDM03"'),
        (["explain", "inefective-mark"], 'did you mean "ineffective-mark"?'),
        (["-"], "the path - needs --stdin-filename"),
        (["-", "wallet", "--stdin-filename", "a.py"], "the path - (standard input) stands alone"),
        (["--stdin-filename", "a.py"], "add the path - to read it"),
        (["--output", "no/such/folder/out.txt"], "--output no/such/folder/out.txt: cannot be written"),
        (["rules", "--verbose"], 'unknown option "--verbose" (see idem-lint rules --help)'),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(arguments: list[str], complaint: str, shell: Shell) -> None:
    shell.write({ROUTES: MARKED})
    ran = shell.run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("idem-lint: ")
    assert ran.err.count("\n") == 1
    assert complaint in ran.err


def test_a_wrong_configuration_is_exit_2_with_file_key_and_spelling(shell: Shell) -> None:
    shell.write({ROUTES: MARKED, "pyproject.toml": "[tool.idem-lint]\nselct = []\n"})
    ran = shell.run()
    assert ran.code == 2
    assert 'pyproject.toml: [tool.idem-lint]: found the unknown key "selct"' in ran.err
    assert 'did you mean "select"?' in ran.err


def test_a_domain_path_that_matches_nothing_is_exit_2(shell: Shell) -> None:
    shell.write({ROUTES: MARKED, "pyproject.toml": '[tool.idem-lint]\ndomain-paths = ["walet/**"]\n'})
    ran = shell.run()
    assert ran.code == 2
    assert 'domain-paths: found "walet/**"' in ran.err


@pytest.mark.parametrize("command", [[], ["check"], ["inventory"], ["explain"], ["rules"]])
def test_help_teaches_with_examples(command: list[str], shell: Shell) -> None:
    ran = shell.run(*command, "--help")
    assert ran.code == 0
    assert "examples:\n  idem-lint" in ran.out


def test_help_names_every_command_and_exit_code(shell: Shell) -> None:
    out = shell.run("--help").out
    assert all(
        f"\n  {command}" in out for command in ("check (default)", "inventory", "explain CODE", "rules")
    )
    assert "exit codes: 0 clean, 1 findings, 2 wrong usage or configuration" in out


def test_version(shell: Shell) -> None:
    ran = shell.run("--version")
    assert (ran.code, ran.out) == (0, f"idem-lint {__version__}\n")


def test_python_m_runs_it(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["idem-lint", "rules"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("idem_lint", run_name="__main__")
    assert stop.value.code == 0
    assert shell.capsys.readouterr().out.startswith("IDM001  unmarked-money-post")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["IDM001", "IDM003"]),
        (["--select", "IDM003"], ["IDM003"]),
        (["--select", "IDM001,IDM002", "--select", "IDM003"], ["IDM001", "IDM003"]),
        (["--ignore", "IDM003"], ["IDM001"]),
        (["--ignore", "IDM"], []),
        (["--ignore", "IDM", "--select", "IDM001"], ["IDM001"]),
        (["--ignore", "IDM001", "--select", "IDM001"], []),
        (["--exclude", "a.py"], ["IDM003"]),
    ],
)
def test_rules_and_files_are_chosen(arguments: list[str], expected: list[str], shell: Shell) -> None:
    shell.write({"wallet/a.py": UNMARKED, "wallet/b.py": ABOVE})
    assert [found.split()[1] for found in shell.run(*arguments).findings] == expected


def test_the_configuration_chooses_too(shell: Shell) -> None:
    table = '[tool.idem-lint]\nselect = ["IDM001"]\nper-file-ignores = {"wallet/old/**" = ["IDM001"]}\n'
    shell.write(
        {"wallet/a.py": UNMARKED, "wallet/b.py": ABOVE, "wallet/old/c.py": UNMARKED, "pyproject.toml": table}
    )
    assert shell.run().findings == ["wallet/a.py:7 IDM001"]


def test_today_decides_when_an_opt_out_has_expired(shell: Shell) -> None:
    marked = MARKED.replace("import money", "import not_money").replace(
        "@money_moving", '@not_money_moving(reason="dry run", until="2026-01-31")'
    )
    shell.write({ROUTES: marked})
    assert shell.run("--today", "2026-01-31").findings == []
    assert shell.run("--today", "2026-02-01").findings == ["wallet/routes.py:10 IDM005"]


def test_all_domains_judges_every_module(shell: Shell) -> None:
    shell.write({"app/routes.py": ELSEWHERE})
    assert shell.run().findings == []
    assert shell.run("--all-domains").findings == ["app/routes.py:7 IDM001"]


def test_statistics_come_before_the_summary(shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED})
    assert shell.run("--statistics").out.splitlines()[-2] == "    1  IDM001 unmarked-money-post"


@pytest.mark.parametrize("name", ["json", "sarif", "github", "gitlab"])
def test_every_format_is_written(name: str, shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED})
    ran = shell.run("--format", name)
    assert ran.code == 1
    assert "IDM001" in ran.out


def test_json_says_what_a_comment_suppressed(shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED.replace("int]:", "int]:  # noqa: IDM001")})
    ran = shell.run("--format", "json")
    document = json.loads(ran.out)
    assert (ran.code, document["findings"]) == (0, [])
    assert document["suppressed"][0]["comment"] == "# noqa: IDM001"


def test_output_goes_to_a_file(shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED})
    ran = shell.run("--format", "json", "--output", "report.json")
    assert (ran.code, ran.out, ran.err) == (1, "", "")
    assert json.loads((shell.root / "report.json").read_text())["findings"][0]["line"] == 7


def stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_standard_input_stands_for_the_named_file(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write({ROUTES: MARKED})
    stdin(monkeypatch, UNMARKED)
    ran = shell.run("-", "--stdin-filename", ROUTES)
    assert ran.findings == ["wallet/routes.py:7 IDM001"]
    assert "    def transfer(amount: int)" in ran.out


def test_standard_input_may_be_a_file_that_does_not_exist_yet(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, UNMARKED)
    assert shell.run("-", "--stdin-filename", "savings/new.py").findings == ["savings/new.py:7 IDM001"]


def test_standard_input_that_does_not_parse_is_a_finding(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, BROKEN)
    assert shell.run("-", "--stdin-filename", "other/new.py").findings == ["other/new.py:1 IDM900"]


def test_an_excluded_file_on_standard_input_is_left_alone(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, UNMARKED)
    assert shell.run("-", "--stdin-filename", ROUTES, "--exclude", "wallet/").code == 0


def test_inventory_reads_standard_input_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, UNMARKED)
    ran = shell.run("inventory", "-", "--stdin-filename", "any/where.py", "--format", "json")
    assert [row["file"] for row in json.loads(ran.out)["handlers"]] == ["any/where.py"]


def test_inventory_lists_handlers_in_and_outside_the_domains(shell: Shell) -> None:
    shell.write({ROUTES: MARKED, "other/routes.py": ELSEWHERE, "wallet/broken.py": BROKEN + "post\n"})
    ran = shell.run("inventory", "--format", "json")
    document = json.loads(ran.out)
    assert ran.code == 0
    assert [(row["file"], row["line"], row["domain"], row["mark"]) for row in document["handlers"]] == [
        ("other/routes.py", 7, None, None),
        ("wallet/routes.py", 10, "wallet", "money_moving"),
    ]
    assert [row["file"] for row in document["unparsed"]] == ["wallet/broken.py"]


def test_inventory_gives_every_module_a_domain_when_asked(shell: Shell) -> None:
    shell.write({ROUTES: MARKED, "other/routes.py": ELSEWHERE})
    document = json.loads(shell.run("inventory", "--all-domains", "--format", "json").out)
    assert [row["domain"] for row in document["handlers"]] == ["all", "wallet"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_explain_says_what_why_wrong_and_right(rule: object, shell: Shell) -> None:
    code = getattr(rule, "code", "")
    ran = shell.run("explain", code.lower())
    assert ran.code == 0
    assert [
        part for part in (code, "\nWhat\n", "\nWhy\n", "\nWrong\n", "\nRight\n") if part not in ran.out
    ] == []


def test_rules_are_listed_in_every_format(shell: Shell) -> None:
    codes = [rule.code for rule in RULES]
    assert [line.split()[0] for line in shell.run("rules").out.splitlines()] == codes
    assert [row["code"] for row in json.loads(shell.run("rules", "--format", "json").out)] == codes
    assert shell.run("rules", "--format", "markdown").out.startswith("# Rules\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("arguments", "environment", "coloured"),
    [
        ([], {}, True),
        ([], {"TERM": "dumb"}, False),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),
        ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ([], {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_colour(
    arguments: list[str],
    environment: dict[str, str],
    coloured: bool,
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shell.write({ROUTES: UNMARKED})
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    shell.run(*arguments)
    assert ("\x1b[" in terminal.getvalue()) == coloured


def test_a_pipe_and_a_file_have_no_colour(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write({ROUTES: UNMARKED})
    assert "\x1b" not in shell.run().out
    monkeypatch.setattr(sys, "stdout", Terminal())
    shell.run("--output", "report.txt")
    assert "\x1b" not in (shell.root / "report.txt").read_text()


def test_a_terminal_that_cannot_write_a_character_gets_an_escape(shell: Shell) -> None:
    shell.write({ROUTES: UNMARKED})
    ran = script("idem-lint", cwd=shell.root, PYTHONIOENCODING="ascii")
    assert (ran.code, ran.err) == (1, "")
    assert 'reason="\\u2026"' in ran.out


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ModuleNotFoundError("No module named 'libcst'", name="libcst"),
            "libcst is not installed; to install it: pip",
        ),
        (ModuleNotFoundError("gone", name="libcst._nodes"), 'pip install "idem-guard[lint]"'),
        (
            ModuleNotFoundError("gone", name="idem_lint.rules.idm001"),
            "cannot load idem_lint.rules.idm001, so nothing",
        ),
        (ImportError("odd"), "cannot load a part of idem-lint, so nothing was checked: odd"),
    ],
)
def test_what_cannot_be_loaded_fails_closed(
    error: ImportError, said: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write({ROUTES: MARKED})
    monkeypatch.setattr(idem_lint.cli, "_run", lambda command, options: (_ for _ in ()).throw(error))
    ran = shell.run()
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_rule_that_raises_is_exit_2_and_said_where(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write({ROUTES: UNMARKED})
    monkeypatch.setattr(type(RULES[0]), "check", lambda *_: 1 / 0)
    ran = shell.run()
    assert (ran.code, ran.findings) == (2, ["wallet/routes.py:1 IDM900"])
    assert "a fault of idem-lint itself: not everything was judged" in ran.err


def test_a_fault_outside_every_file_is_exit_2_never_clean_nor_findings(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write({ROUTES: UNMARKED})
    monkeypatch.setattr(checking, "check", lambda _: 1 / 0)
    ran = shell.run()
    assert (ran.code, ran.out) == (2, "")
    assert "a fault of idem-lint itself, nothing is known about the files: ZeroDivisionError" in ran.err


def test_control_c_is_quiet(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        idem_lint.cli, "_run", lambda command, options: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    ran = shell.run()
    assert (ran.code, ran.out, ran.err) == (130, "", "")


def test_a_reader_that_goes_away_is_quiet(shell: Shell) -> None:
    shell.write({f"wallet/routes_{number}.py": UNMARKED * 60 for number in range(10)})
    command = f"'{sys.executable}' -m idem_lint; echo $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({command}) | head -n 1"],
        cwd=shell.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr == "141\n"


def test_a_closed_pipe_leaves_nothing_to_flush(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "stdout").open("w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(
            idem_lint.cli, "_run", lambda command, options: (_ for _ in ()).throw(BrokenPipeError)
        )
        assert shell.run().code == 141
        stream.write("x")
    assert (tmp_path / "stdout").read_text() == ""
