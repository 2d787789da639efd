"""The linter writes the inventory, the application is started with it: what only one of them sees is said."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from idem_runtime.errors import ConfigurationError
from idem_runtime.startup.linter_inventory import LinterInventory
from idem_runtime.startup.route_checks import Endpoint
from tests.project import ROOT

ABOVE = '@money_moving\n@router.post("/transfers/scheduled", status_code=201)\n'
BETWEEN = '@money_moving\n@router.post("/transfers/now", status_code=201)\n'
START = """\
import logging, sys
logging.basicConfig(format="%(levelname)s %(message)s")
from starlette.testclient import TestClient
from bank.main import app
from idem_runtime import Idempotency
idem = Idempotency(sys.argv[1], principal=lambda request: "alice")
idem.install(app, inventory="../inventory.json", without_connection="warn")
with TestClient(app) as client:
    print(client.post("/wallet/transfers/quote", json={"source": "a", "target": "b", "amount": 5}).status_code)
idem.close()
"""
UNSEEN = """\
def gift(amount: int) -> int:
    return amount


def register(app):
    exec("app.post('/wallet/gifts')(gift)")
"""


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """The example bank as a project of its own, without the two marks that start-up refuses whatever the inventory says."""
    (tmp_path / "pyproject.toml").touch()
    copy = tmp_path / "examples" / "bank"
    shutil.copytree(ROOT / "examples" / "bank", copy, ignore=shutil.ignore_patterns("__pycache__"))
    transfers = copy / "wallet" / "transfers.py"
    text = transfers.read_text()
    for wrong in (ABOVE, BETWEEN):
        assert wrong in text
        text = text.replace(wrong, wrong.removeprefix("@money_moving\n"))
    transfers.write_text(text)
    return copy


def listed(bank: Path, *paths: str) -> None:
    command = [
        sys.executable,
        "-m",
        "idem_lint",
        "inventory",
        *paths,
        "--format",
        "json",
        "--output",
        "inventory.json",
    ]
    subprocess.run(command, cwd=bank.parent.parent, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def started(bank: Path, dsn: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{bank.parent}{os.pathsep}{ROOT}", "DATABASE_URL": dsn}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", START, dsn],
        cwd=bank.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_bank_starts_with_what_the_linter_read_and_is_told_what_it_does_not_serve(
    bank: Path, dsn: str
) -> None:
    listed(bank, "examples/bank")
    done = started(bank, dsn)
    assert (done.returncode, done.stdout) == (0, "200\n"), done.stderr
    warnings = [line for line in done.stderr.splitlines() if "does not serve" in line]
    (told,) = warnings
    assert told.startswith("WARNING ../inventory.json lists what this application does not serve: POST ")
    # the module of bonuses is wrong in a way that nobody can import
    assert "/payroll/bonuses (bonus, examples/bank/payroll/bonuses.py:" in told
    assert "Is a module not imported, a router not included?" in told
    assert "idem-lint inventory FOLDER --format json" in told


def test_a_handler_that_only_the_application_sees_is_refused(bank: Path, dsn: str) -> None:
    (bank / "wallet" / "gifts.py").write_text(UNSEEN)
    main = bank / "main.py"
    main.write_text(f"{main.read_text()}\nfrom bank.wallet import gifts\n\ngifts.register(app)\n")
    listed(bank, "examples")
    done = started(bank, dsn)
    assert done.returncode != 0
    last = done.stderr.splitlines()[-1]
    assert "ConfigurationError: POST /wallet/gifts (" in last
    assert "examples/bank/wallet/gifts.py:1" in last
    assert "is not in the inventory ../inventory.json: idem-lint does not see that it is registered" in last
    assert "idem-lint inventory --format json --output ../inventory.json" in last


def test_a_mark_that_was_taken_away_since_is_refused(bank: Path, dsn: str) -> None:
    listed(bank)
    advances = bank / "ewa" / "advances.py"
    text = advances.read_text()
    assert "@money_moving\n" in text
    advances.write_text(text.replace("@money_moving\n", "", 1))
    done = started(bank, dsn)
    assert done.returncode != 0
    assert "POST /ewa/advances (" in done.stderr.splitlines()[-1]
    assert "runs unmarked, but the inventory says money_moving (examples/bank/ewa/advances.py:" in done.stderr


def test_an_application_that_is_installed_elsewhere_is_compared_all_the_same(bank: Path, dsn: str) -> None:
    listed(bank, "examples/bank")
    away = bank.parent.parent / "venv" / "examples"
    shutil.move(bank.parent, away)
    shutil.copy(bank.parent.parent / "inventory.json", away.parent / "inventory.json")
    assert started(away / "bank", dsn).returncode == 0
    quote = away / "bank" / "wallet" / "transfers.py"
    quote.write_text(quote.read_text().replace("@money_moving\n", "", 1))
    assert "the inventory says money_moving" in started(away / "bank", dsn).stderr


HERE = Path(__file__)
FILE = "/".join(HERE.parts[-2:])


def view(amount: int) -> int:
    return amount


class First:
    def post(self) -> None: ...


class Second:
    def post(self) -> None: ...


def compared(tmp_path: Path, document: object, *functions: object, complete: bool = True) -> None:
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps(document))
    endpoints = [
        Endpoint(f"/{number}", frozenset({"POST"}), function) for number, function in enumerate(functions)
    ]
    LinterInventory(file).check(endpoints, complete=complete)


def row(name: str, mark: str | None = None, file: str = FILE) -> dict[str, object]:
    return {"file": file, "line": 3, "qualname": name, "mark": mark, "route": None}


def test_methods_of_one_name_are_told_apart_by_their_class(tmp_path: Path) -> None:
    document = {"handlers": [row("First.post"), row("Second.post", "money_moving")]}
    compared(tmp_path, document, First)
    with pytest.raises(ConfigurationError, match="runs unmarked, but the inventory says money_moving"):
        compared(tmp_path, document, Second)


@pytest.mark.parametrize("name", ["view", ""])
def test_what_the_linter_said_it_could_not_decide_is_not_held_against_the_application(
    tmp_path: Path, name: str
) -> None:
    undecided = {"file": FILE, "line": 9, "qualname": name}
    compared(tmp_path, {"handlers": [], "undecided": [undecided]}, view)


@pytest.mark.parametrize(
    ("paths", "refused"),
    [(["adapters"], True), (["."], True), ([FILE], True), (["elsewhere"], False), ([], False)],
)
def test_files_without_a_listed_handler_count_where_the_linter_looked(
    tmp_path: Path, paths: list[str], refused: bool
) -> None:
    # another file of the folder is listed, so that it is known where the folder lies
    document = {"paths": paths, "handlers": [row("contract", file="adapters/contract.py")]}
    from tests.runtime.adapters import contract

    functions = [view, contract.records]
    document["handlers"].append(row("records", file="adapters/contract.py"))
    if refused:
        with pytest.raises(ConfigurationError, match="idem-lint does not see that it is registered"):
            compared(tmp_path, document, *functions)
    else:
        compared(tmp_path, document, *functions)


def test_what_has_no_source_of_python_is_passed_over(tmp_path: Path) -> None:
    compared(tmp_path, {"paths": ["."], "handlers": []}, print, object(), view)


def test_many_that_are_not_served_are_counted_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps({"handlers": [row(f"h{number}") for number in range(12)]}))
    inventory = LinterInventory(file)
    inventory.check([], complete=False)
    assert caplog.messages == []
    for _ in range(2):
        inventory.check([], complete=True)
    (message,) = caplog.messages
    assert (
        "POST (a route that the source does not tell) (h9, adapters/test_inventory_loop.py:3) and 2 more"
        in message
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "is no JSON"),
        ("[]", "is no inventory of the linter's"),
        ('{"handlers": {}}', "is no inventory of the linter's"),
    ],
)
def test_a_file_that_is_no_inventory_is_refused_by_name(
    tmp_path: Path, content: str | None, says: str
) -> None:
    file = tmp_path / "inventory.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigurationError, match=says) as refused:
        LinterInventory(file).check([], complete=True)
    assert str(file) in str(refused.value)
    assert f"idem-lint inventory --format json --output {file}" in str(refused.value)


def test_django_checks_its_views_against_what_the_linter_read(tmp_path: Path) -> None:
    project = tmp_path / "django_bank"
    shutil.copytree(ROOT / "examples" / "django_bank", project, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "pyproject.toml").touch()
    settings = project / "config" / "settings.py"
    text = settings.read_text()
    assert '"REQUIRE_MARKS"' in text
    settings.write_text(text.replace('"REQUIRE_MARKS"', '"INVENTORY": "inventory.json", "REQUIRE_MARKS"'))
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    }

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert (
        run("-m", "idem_lint", "inventory", ".", "--format", "json", "--output", "inventory.json").returncode
        == 0
    )
    done = run("manage.py", "check")
    assert done.returncode == 0, done.stderr
    assert "does not serve" not in done.stderr
    listed = project / "inventory.json"
    listed.write_text(listed.read_text().replace('"mark": "not_money_moving"', '"mark": null'))
    done = run("manage.py", "check")
    assert done.returncode != 0
    assert "POST /wallet/deposits/quote (" in done.stderr
    assert "runs not_money_moving, but the inventory says unmarked (wallet/views.py:" in done.stderr
