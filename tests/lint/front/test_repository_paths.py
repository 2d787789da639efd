"""Reports for a service that shows the repository name files from its top, in whichever folder the command is run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.lint.front.project import UNMARKED, Shell, write

FORMATS = ["sarif", "github", "gitlab"]
HELPER = "from {module} import transfer\nfrom flask import Flask\n\napp = Flask(__name__)\n"
CALL = "app.add_url_rule('/x', view_func=transfer, methods=['POST'])\n"


def paths(name: str, out: str) -> list[str]:
    """The files that a report names as the places of its findings."""
    if name == "github":
        return re.findall(r"^::\w+ file=([^,]*),", out, re.MULTILINE)
    report = json.loads(out)
    if name == "gitlab":
        return [row["location"]["path"] for row in report]
    (run,) = report["runs"]
    physical = [row["locations"][0]["physicalLocation"] for row in run["results"]]
    return [place["artifactLocation"]["uri"] for place in physical]


@pytest.fixture
def service(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a service inside a repository."""
    shell.write({".git/HEAD": "", "service/wallet/api.py": UNMARKED})
    monkeypatch.chdir("service")
    return Path.cwd()


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("name", FORMATS)
def test_paths_begin_at_the_top_of_the_repository(name: str, shell: Shell) -> None:
    assert paths(name, shell.run("--format", name).out) == ["service/wallet/api.py"]


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_above_the_working_directory_is_named_from_the_top_too(name: str, shell: Shell) -> None:
    shell.write({"wallet/api.py": UNMARKED})
    assert paths(name, shell.run("--format", name, "../wallet").out) == ["wallet/api.py"]


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("name", "shown"),
    [("sarif", "file://{path}"), ("github", "{path}"), ("gitlab", "{path}")],
    ids=FORMATS,
)
def test_a_file_outside_of_the_repository_is_named_in_full(
    name: str, shown: str, shell: Shell, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write(tmp_path_factory.mktemp("elsewhere"), {"wallet/api.py": UNMARKED}) / "wallet" / "api.py"
    assert paths(name, shell.run("--format", name, str(path)).out) == [shown.format(path=path)]


@pytest.mark.parametrize("name", FORMATS)
def test_outside_of_a_repository_paths_begin_at_the_working_directory(
    name: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write({"service/wallet/api.py": UNMARKED})
    monkeypatch.chdir("service")
    assert paths(name, shell.run("--format", name).out) == ["wallet/api.py"]


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("name", ["text", "json"])
def test_reports_for_who_ran_it_begin_at_the_working_directory(name: str, shell: Shell) -> None:
    out = shell.run("--format", name).out
    assert re.search(r'^wallet/api.py:7:|"file": "wallet/api.py"', out, re.MULTILINE)


@pytest.mark.usefixtures("service")
def test_related_and_suppressed_and_unread_places_begin_at_the_top_too(shell: Shell) -> None:
    view = "def transfer(): ...\n"
    silent = UNMARKED.replace("int]:", "int]:  # noqa: IDM001")
    shell.write(
        {
            "service/wallet/api.py": silent,
            "service/wallet/views.py": view,
            "service/app.py": HELPER.format(module="wallet.views") + CALL,
        }
    )
    (run,) = json.loads(shell.run("--format", "sarif").out)["runs"]
    opened, suppressed = run["results"]
    (related,) = opened["relatedLocations"]
    places = [opened["locations"][0], related, suppressed["locations"][0]]
    assert "suppressions" in suppressed
    assert [place["physicalLocation"]["artifactLocation"]["uri"] for place in places] == [
        "service/wallet/views.py",
        "service/app.py",
        "service/wallet/api.py",
    ]
