"""One run over several services: each is judged by its own configuration, and they see each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.flake8_run import check_file
from tests.lint.front.project import Shell
from tests.lint.front.test_handler_domains import ROUTER, URLS, VIEWS

TABLE = "[tool.idem-lint]\n"
TRANSFERS = ROUTER.format(route="/transfers")
SERVICES = {
    "pyproject.toml": TABLE,
    "pay/pyproject.toml": TABLE + 'preset = "money"\n',
    "pay/api.py": TRANSFERS,
    "cash/pyproject.toml": TABLE + 'extend = "../pay/pyproject.toml"\nignore = ["IDM001"]\n',
    "cash/api.py": TRANSFERS,
    "notes/api.py": TRANSFERS,
}


def test_each_service_is_judged_by_its_own_configuration(shell: Shell) -> None:
    shell.write(SERVICES)
    assert shell.run().findings == ["pay/api.py:7 IDM001"]
    assert shell.run("notes/api.py", "pay/api.py", "cash/api.py").findings == ["pay/api.py:7 IDM001"]


@pytest.mark.parametrize("service", ["pay", "cash", "notes"])
def test_flake8_agrees_service_by_service(service: str, shell: Shell) -> None:
    shell.write(SERVICES)
    file = f"{service}/api.py"
    told = [f"{finding.file}:{finding.line} {finding.code}" for finding in check_file(file, TRANSFERS)]
    assert told == shell.run(file).findings


def test_what_one_service_registers_is_found_in_another(shell: Shell) -> None:
    shell.write(
        {"libs/pyproject.toml": TABLE, "core/views.py": VIEWS, "libs/wallet/urls.py": URLS.format(route="x")}
    )
    assert shell.run().findings == ["core/views.py:1 IDM007"]


def test_excludes_and_globs_are_those_of_the_file_that_says_them(shell: Shell) -> None:
    shell.write(
        {
            "pyproject.toml": TABLE + 'exclude = ["old"]\n',
            "pay/pyproject.toml": TABLE + 'domain-paths = ["api/**"]\nexclude = ["gen"]\n'
            'per-file-ignores = { "api/x.py" = ["IDM"] }\n',
            "pay/api/a.py": TRANSFERS,
            "pay/api/x.py": TRANSFERS,
            "pay/gen/api.py": TRANSFERS,
            "pay/old/wallet.py": TRANSFERS,
            "old/pyproject.toml": TABLE,
            "old/wallet.py": TRANSFERS,
            "gen/wallet.py": TRANSFERS,
        }
    )
    assert shell.run().findings == [
        "gen/wallet.py:7 IDM001",
        "pay/api/a.py:7 IDM001",
        "pay/old/wallet.py:7 IDM001",
    ]
    assert shell.run("old/wallet.py").findings == [], (
        "what is left out from above stays left out, named or not"
    )


def test_a_glob_of_one_service_that_matches_nothing_is_an_error(shell: Shell) -> None:
    shell.write({**SERVICES, "pay/pyproject.toml": TABLE + 'domain-paths = ["apy/**"]\n'})
    ran = shell.run()
    assert ran.code == 2
    assert f"{Path('pay/pyproject.toml').absolute()}: [tool.idem-lint] domain-paths: found" in ran.err


def test_marks_that_one_configuration_names_are_known(shell: Shell) -> None:
    marked = TRANSFERS.replace("def move", "@bank.guarded\ndef move")
    shell.write(
        {
            "pay/pyproject.toml": TABLE + 'preset = "money"\nextend-marks = ["bank.guarded"]\n',
            "pay/api.py": f"import bank\n{marked}",
        }
    )
    assert shell.run().findings == []
