"""``idem-lint --show-config``: what is in force for a file, and what says so."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from idem_lint.settings.config_files import load
from tests.lint.front.project import MARKED, Shell

SERVICE = """
[tool.idem-lint]
extend = "../pyproject.toml"
extend-domains = ["cashback"]
exclude = ["generated/"]
"""
TOP = """
[tool.idem-lint]
preset = "money"
extend-domains = ["loyalty"]
ignore = ["IDM008"]
extend-marks = ["bank.guarded"]
routers = { "web.endpoint" = "verb" }
domain-paths = { "pay/**" = "pay\\u007f\\"ments" }
per-file-ignores = { "legacy/**" = ["IDM009"] }
"""


@pytest.fixture
def monorepo(shell: Shell) -> Shell:
    shell.write(
        {"pyproject.toml": TOP, "svc/pyproject.toml": SERVICE, "svc/wallet/api.py": MARKED, "pay/x.py": ""}
    )
    return shell


def comment_of(out: str, key: str) -> str:
    """What stands beside a key, or above it where the line is full."""
    lines = out.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith(f"{key} = "))
    return lines[at].rpartition("  # ")[2] if "  # " in lines[at] else lines[at - 1].removeprefix("# ")


def test_every_setting_says_which_file_it_comes_from(monorepo: Shell) -> None:
    ran = monorepo.run("--show-config", "svc/wallet/api.py")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[:5] == [
        "# What is in force for svc/wallet/api.py",
        "# It is in the money domain wallet, by the word `wallet` of svc/wallet/api.py.",
        "# project root (domains are matched on the path below it): .",
        "# configuration file: svc/pyproject.toml, which extends pyproject.toml",
        "[tool.idem-lint]",
    ]
    assert {key: comment_of(ran.out, key) for key in tomllib.loads(ran.out)["tool"]["idem-lint"]} == {
        "preset": "pyproject.toml",
        "domains": "domains: default; preset: pyproject.toml; extend-domains: svc/pyproject.toml and pyproject.toml",
        "domain-paths": "pyproject.toml; relative to .",
        "include-tests": "default",
        "exclude": "svc/pyproject.toml; relative to svc",
        "extend-marks": "pyproject.toml",
        "routers": "pyproject.toml",
        "ledger-writes": "default",
        "money-models": "default",
        "select": "default",
        "ignore": "pyproject.toml",
        "per-file-ignores": "pyproject.toml; relative to .",
        "require-reasons": "default",
        "source-url": "default",
    }


def test_what_it_prints_reads_back_the_same(monorepo: Shell) -> None:
    before = load(monorepo.root / "svc")
    text = monorepo.run("--show-config", "svc").out
    (monorepo.root / "svc/pyproject.toml").write_text(text)
    after = load(monorepo.root / "svc")
    assert after._replace(sources={}, said_by={}, extended=()) == before._replace(
        sources={}, said_by={}, extended=()
    )


def test_the_command_line_is_named_where_it_counts(monorepo: Shell) -> None:
    options = ("--preset", "adr007", "--select", "IDM00", "--ignore", "IDM007", "--exclude", "old/")
    more = ("--all-domains", "--strict-domains", "--today", "2026-01-02", "--no-cache")
    out = monorepo.run("--show-config", "svc/wallet/api.py", *options, *more).out
    origins = {key: comment_of(out, key) for key in ("preset", "select", "ignore", "exclude")}
    assert origins == {
        "preset": "--preset",
        "select": "--select",
        "ignore": "pyproject.toml and --ignore",
        "exclude": "svc/pyproject.toml and --exclude; relative to svc",
    }
    shown = tomllib.loads(out)["tool"]["idem-lint"]
    assert (shown["preset"], shown["exclude"]) == ("adr007", ["generated/", "old/"])
    assert [line for line in out.splitlines() if line.startswith("# --")] == [
        "# --all-domains: what is in none of these domains is judged, too",
        "# --strict-domains: what speaks of money in no domain is a finding (IDM012)",
        "# --today: until= is held against 2026-01-02",
        "# --no-cache: no answer of an earlier run is taken",
    ]


def test_without_a_file_the_defaults_of_the_working_directory_are_shown(shell: Shell) -> None:
    out = shell.run("--show-config").out
    assert out.startswith("# What is in force for .\n# project root")
    assert "# configuration file: none, there is no pyproject.toml with [tool.idem-lint]" in out
    assert 'preset = "adr007"  # default' in out


def test_a_file_in_no_domain_and_a_file_of_the_command_line_are_said(monorepo: Shell) -> None:
    monorepo.write({"notes.py": "", "ci/idem.toml": SERVICE})
    out = monorepo.run("--show-config", "notes.py", "--config", "ci/idem.toml").out
    assert "# It is in no money domain by its path." in out
    assert "# configuration file: ci/idem.toml (--config), which extends pyproject.toml" in out


def test_a_buffer_has_the_configuration_of_the_file_it_stands_for(monorepo: Shell) -> None:
    assert "for svc/new.py" in monorepo.run("--show-config", "-", "--stdin-filename", "svc/new.py").out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["a.py", "b.py"], "--show-config is about one file or folder; name one"),
        (["gone.py"], "gone.py: no such file or folder"),
        (["-"], "the path - needs --stdin-filename PATH: the configuration is that of a file"),
    ],
)
def test_what_cannot_be_shown_is_wrong_usage(arguments: list[str], complaint: str, shell: Shell) -> None:
    ran = shell.run("--show-config", *arguments)
    assert (ran.code, ran.err) == (2, f"idem-lint: {complaint}\n")


def test_a_strange_name_stays_in_its_comment(shell: Shell) -> None:
    name = "wallet\n[tool.other]\n.py"
    shell.write({name: ""})
    assert set(tomllib.loads(shell.run("--show-config", str(Path(name))).out)["tool"]) == {"idem-lint"}
