"""The pipeline: which files are judged, what suppresses a finding, what is said beside it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import idem_lint.running.project_run
from idem_lint.judging.reported_findings import selected
from idem_lint.result_types import FileReport
from idem_lint.running.project_run import check, config_for, inventory
from idem_lint.settings.config import Config
from tests.lint.front.project import ABOVE, BROKEN, MARKED, UNMARKED, Shell, write
from tests.lint.front.values import handler as judged_handler
from tests.lint.front.values import report

ROUTES = "wallet/routes.py"


def handler(decorators: str, definition: str = "def transfer(): ...") -> str:
    return f"from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n{decorators}\n{definition}\n"


POST = '@router.post("/x")'
SUPPRESSED: list[tuple[str, str, list[str], list[str]]] = [
    ("on the def line", handler(POST, "def transfer(): ...  # noqa: IDM001"), [], ["IDM001"]),
    ("with other codes", handler(POST, "def transfer(): ...  # noqa: E501,IDM001"), [], ["IDM001"]),
    ("by prefix", handler(POST, "def transfer(): ...  # noqa: IDM0"), [], ["IDM001"]),
    ("another code", handler(POST, "def transfer(): ...  # noqa: IDM003"), ["IDM001", "IDM014"], []),
    ("on the decorator", handler(f"{POST}  # noqa: IDM001"), ["IDM001"], []),
    ("the whole file", "# flake8: noqa\n" + handler(POST), ["IDM011"], ["IDM001"]),
    ("the whole file, without a handler", "# flake8: noqa\nx = 'post'\n", [], []),
    ("bare", handler(POST, "def transfer(): ...  # noqa"), ["IDM011"], ["IDM001"]),
    (
        "words instead of codes",
        handler(POST, "def transfer(): ...  # noqa: see above"),
        ["IDM011"],
        ["IDM001"],
    ),
    (
        "bare, naming itself is not possible",
        handler(POST, "def transfer(): ...  # noqa : IDM011"),
        ["IDM011"],
        ["IDM001"],
    ),
    ("unreadable", BROKEN.rstrip() + "  # noqa\n", ["IDM900"], []),
]


@pytest.mark.parametrize(
    ("source", "kept", "suppressed"), [case[1:] for case in SUPPRESSED], ids=[case[0] for case in SUPPRESSED]
)
def test_a_comment_suppresses(source: str, kept: list[str], suppressed: list[str], shell: Shell) -> None:
    shell.write({ROUTES: source})
    result = check([Path()], Config(shell.root))
    assert [finding.code for finding in result.findings] == kept
    assert [finding.code for finding, _ in result.suppressed] == suppressed


NOTES: list[tuple[str, str, str]] = [
    (
        "the decorator",
        handler(f"{POST}  # noqa: IDM001"),
        "the noqa comment in line 6 suppresses nothing here",
    ),
    ("a closing bracket", handler('@router.post(\n    "/x",\n)  # noqa: IDM001'), "in line 8 "),
    ("a decorator further up", handler(f"{POST}  # noqa: IDM001\n# why\n@audited"), "in line 6 "),
    (
        "inside the signature",
        handler(POST, "def transfer(\n    a: int,  # noqa: IDM001\n): ..."),
        "in line 8 ",
    ),
    ("none", handler(POST), ""),
    ("the statement before", handler(f"x = 1  # noqa: IDM001\n{POST}"), ""),
    ("another code", handler(f"{POST}  # noqa: E501"), ""),
]


@pytest.mark.parametrize(("source", "said"), [case[1:] for case in NOTES], ids=[case[0] for case in NOTES])
def test_a_comment_in_the_wrong_line_is_pointed_out(source: str, said: str, shell: Shell) -> None:
    shell.write({ROUTES: source})
    result = check([Path()], Config(shell.root))
    codes = [finding.code for finding in result.findings if finding.code != "IDM014"]
    assert codes == ["IDM001"]
    assert ("IDM014" in {finding.code for finding in result.findings}) == ("x = 1" in source)
    assert [said in note for note in result.notes.values()] == ([True] if said else [])


@pytest.mark.parametrize(
    ("code", "select", "ignore", "wanted"),
    [
        ("IDM001", ("IDM",), (), True),
        ("IDM001", ("IDM002",), (), False),
        ("IDM001", ("IDM",), ("IDM001",), False),
        ("IDM001", ("IDM001",), ("IDM0",), True),
        ("IDM001", ("IDM0",), ("IDM0",), False),
        ("IDM001", (), (), False),
        ("IDM900", ("IDM001",), (), True),
        ("IDM900", ("IDM",), ("IDM9",), True),
        ("IDM900", ("IDM",), ("IDM900",), False),
    ],
)
def test_the_longest_prefix_decides_which_code_is_wanted(
    code: str, select: tuple[str, ...], ignore: tuple[str, ...], wanted: bool
) -> None:
    assert selected(code, select, ignore) is wanted


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["."], ["wallet/broken.py"]),
        (["other"], []),
        (["other/broken.py"], ["other/broken.py"]),
        (["other/broken.py", "wallet"], ["other/broken.py", "wallet/broken.py"]),
    ],
)
def test_a_file_that_does_not_parse_is_a_finding_in_a_domain_or_where_it_is_named(
    paths: list[str], found: list[str], shell: Shell
) -> None:
    shell.write({"wallet/broken.py": BROKEN, "other/broken.py": BROKEN, "wallet/fine.py": "x = 1\n"})
    result = check([Path(path) for path in paths], Config(shell.root))
    assert [(finding.file, finding.code) for finding in result.findings] == [
        (file, "IDM900") for file in found
    ]


def test_a_file_that_only_newer_python_reads_is_no_finding(shell: Shell) -> None:
    newer = "try:\n    pass\nexcept ValueError, TypeError:\n    pass\n"
    shell.write({"other/newer.py": newer, ROUTES: newer + UNMARKED})
    result = check([Path("other/newer.py"), Path(ROUTES)], Config(shell.root))
    assert [(finding.file, finding.line, finding.code) for finding in result.findings] == [
        (ROUTES, 11, "IDM001")
    ]


def test_with_all_domains_a_broken_file_is_told_whatever_words_it_shows(shell: Shell) -> None:
    shell.write({"other/broken.py": BROKEN})
    result = check([Path()], Config(shell.root, all_domains=True))
    assert [(finding.file, finding.code) for finding in result.findings] == [("other/broken.py", "IDM900")]


def test_what_cannot_be_read_is_a_finding_without_a_source_line(shell: Shell) -> None:
    shell.write({ROUTES: MARKED})
    (shell.root / "wallet" / "gone.py").symlink_to("nowhere.py")
    result = check([Path("wallet/gone.py"), Path(ROUTES)], Config(shell.root))
    assert [(finding.file, finding.line, finding.code) for finding in result.findings] == [
        ("wallet/gone.py", 1, "IDM900")
    ]
    assert result.excerpts == {}


@pytest.mark.parametrize(
    ("file", "text", "domain"),
    [
        ("wallet/routes.py", BROKEN, "wallet"),
        ("wallet/broken.py", "def (\n", "wallet"),
        ("services/ledger/broken.py", "def (\n", "ledger"),
        ("services/ledger/service.py", BROKEN, "ledger"),
        ("other/broken.py", "def (\n", None),
    ],
)
def test_what_cannot_be_parsed_belongs_to_the_domain_of_its_file(
    file: str, text: str, domain: str | None, shell: Shell
) -> None:
    shell.write({file: text})
    result = check([Path(file)], Config(shell.root))
    assert [(finding.code, finding.domain) for finding in result.findings] == [("IDM900", domain)]


def test_a_mark_in_another_file_is_named_with_that_file(shell: Shell) -> None:
    urls = (
        "from django.urls import path\nfrom idem_runtime import money_moving\nfrom wallet import views\n\n"
        'urlpatterns = [\n    path("pay", money_moving(views.transfer)),\n    path("again", views.transfer),\n]\n'
    )
    views = "\n\ndef transfer(request): ...\n"
    shell.write({"wallet/views.py": views, "wallet/urls.py": urls})
    (finding,) = check([Path()], Config(shell.root)).findings
    assert (finding.code, finding.file, finding.line) == ("IDM003", "wallet/views.py", 3)
    assert "`money_moving` (line 6 of wallet/urls.py)" in finding.message
    assert "in line 7 of wallet/urls.py (@path) is not behind it" in finding.message


def test_what_cannot_be_opened_belongs_to_the_domain_of_its_file(shell: Shell) -> None:
    (shell.root / "wallet").mkdir()
    (shell.root / "wallet" / "gone.py").symlink_to("nowhere.py")
    result = check([Path("wallet")], Config(shell.root))
    assert [(finding.code, finding.domain) for finding in result.findings] == [("IDM900", "wallet")]


def test_a_file_that_goes_away_after_it_was_judged_is_reported_without_its_line(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write({ROUTES: UNMARKED})

    def judged(*_: object) -> list[FileReport]:
        (shell.root / ROUTES).unlink()
        return [report(judged_handler())]

    monkeypatch.setattr(idem_lint.running.project_run, "_reports", judged)
    result = check([Path()], Config(shell.root))
    assert [finding.code for finding in result.findings] == ["IDM001"]
    assert result.excerpts == {}


def test_bytes_that_are_no_text_are_a_finding_at_their_line(shell: Shell) -> None:
    shell.write({ROUTES: b"import fastapi\nname = '\xe9'  # post\n"})
    result = check([Path()], Config(shell.root))
    assert [(finding.line, finding.code) for finding in result.findings] == [(2, "IDM900")]
    assert result.excerpts == {}


@pytest.mark.parametrize(
    "source",
    [
        UNMARKED.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + UNMARKED.encode(),
        "# coding: latin-1\né = 1\n".encode("latin-1") + UNMARKED.encode(),
        UNMARKED.replace("router = APIRouter()\n", "router = APIRouter()\n\x0c\n").encode(),
    ],
    ids=["crlf", "bom", "latin-1", "form feed"],
)
def test_the_source_line_is_that_of_the_finding(source: bytes, shell: Shell) -> None:
    shell.write({ROUTES: source})
    result = check([Path()], Config(shell.root))
    (finding,) = result.findings
    assert result.excerpts[ROUTES, finding.line].startswith("def transfer(amount: int)")


def test_findings_are_sorted_and_said_once(shell: Shell) -> None:
    shell.write({"wallet/b.py": UNMARKED, "wallet/a.py": UNMARKED + ABOVE.replace("transfer", "other")})
    files = [
        finding.file for finding in check([Path("wallet"), Path("wallet/a.py")], Config(shell.root)).findings
    ]
    assert files == ["wallet/a.py", "wallet/a.py", "wallet/b.py"]


def test_another_file_may_hold_the_mark(shell: Shell) -> None:
    marks = "from idem_runtime import money_moving\n\n\ndef guarded(function):\n    return money_moving(function)\n"
    routes = UNMARKED.replace("def transfer", "@guarded\ndef transfer").replace(
        "from fastapi", "from common.marks import guarded\nfrom fastapi"
    )
    shell.write({"common/__init__.py": "", "common/marks.py": marks, ROUTES: routes})
    assert check([Path(ROUTES)], Config(shell.root), today=date(2026, 1, 1)).findings == ()


TABLE = "[tool.idem-lint]\n"


@pytest.mark.parametrize("cwd", ["", "apps/pay", "plain"])
def test_the_configuration_belongs_to_the_file_wherever_the_run_starts(
    cwd: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write(dict.fromkeys(("pyproject.toml", "apps/pay/pyproject.toml"), TABLE))
    shell.write({"apps/pay/wallet/a.py": "", "apps/other/b.py": "", "plain/c.py": ""})
    monkeypatch.chdir(shell.root / cwd)
    config = config_for([shell.root])
    assert config.of(shell.root / "apps/pay/wallet/a.py").source == shell.root / "apps/pay/pyproject.toml"
    assert config.of(shell.root / "apps/other/b.py").source == shell.root / "pyproject.toml"
    assert config.of(shell.root / "plain/c.py").source == shell.root / "pyproject.toml"


def test_a_configuration_that_is_named_is_used(shell: Shell, tmp_path: Path) -> None:
    named = write(tmp_path / "elsewhere", {"my.toml": TABLE}) / "my.toml"
    assert config_for([Path()], named).of(shell.root / "a.py").source == named


def test_a_file_of_a_domain_with_letters_beyond_ascii_and_no_handler_is_clean(shell: Shell) -> None:
    shell.write({"wallet/names.py": "# écus\nname = 'écu'\n"})
    ran = shell.run()
    assert (ran.code, ran.findings) == (0, [])


def test_the_unsaved_text_of_a_file_that_is_left_out_has_an_empty_inventory(shell: Shell) -> None:
    shell.write({"pyproject.toml": "[tool.idem-lint]\nexclude = ['wallet/']\n", ROUTES: UNMARKED})
    path = shell.root / ROUTES
    config = config_for([shell.root])
    found = inventory([path], config, stdin=(path, UNMARKED.encode()))
    assert (found.handlers, found.undecided) == ((), ())
