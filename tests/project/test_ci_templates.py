"""``action.yml`` and the GitLab template: valid by their schemas, and their scripts do in bash what they promise."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lint.front.project import MARKED, UNMARKED, write
from tests.project import ROOT

ACTION, GITLAB = ROOT / "action.yml", ROOT / "templates" / "gitlab-ci.yml"
GH = """\
# what gh does here: comments in a file
import json, os, sys
store = os.environ["COMMENTS"]
rows = json.load(open(store))
arguments = sys.argv[1:]
if os.environ.get("FORBIDDEN") in arguments or os.environ.get("FORBIDDEN") == "read":
    sys.exit(1)
if "--method" not in arguments:
    print(*(row["id"] for row in rows if row["body"].startswith(os.environ["MARKER"])), sep="\\n")
    sys.exit()
method, address = arguments[2], arguments[3]
body = open(arguments[arguments.index("--field") + 1].removeprefix("body=@")).read()
if method == "POST":
    rows.append({"id": len(rows) + 1, "body": body})
else:
    next(row for row in rows if row["id"] == int(address.rpartition("/")[2]))["body"] = body
json.dump(rows, open(store, "w"))
"""


@pytest.mark.parametrize(
    ("schema", "file"), [("vendor.github-actions", ACTION), ("vendor.gitlab-ci", GITLAB)]
)
def test_the_file_is_what_its_schema_says(schema: str, file: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    if schema.endswith("gitlab-ci"):
        command += ["--data-transform", "gitlab-ci"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_expression_stands_in_a_script() -> None:
    for step in yaml.safe_load(ACTION.read_text())["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert "run" not in step or step["shell"] == "bash"


def git(folder: Path, *command: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    done = subprocess.run(
        ["git", *identity, *command], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def branch(tmp_path: Path) -> Path:
    """A repository with a branch on which an unmarked handler is new."""
    project = write(tmp_path / "project", {"wallet/routes.py": MARKED})
    git(project, "init", "-q", "-b", "main")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "before")
    git(project, "checkout", "-q", "-b", "change")
    write(project, {"wallet/gifts.py": UNMARKED.replace("transfers", "gifts")})
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "gifts")
    return project


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """As a runner makes it: idem-lint and gh on PATH, files for outputs and the summary."""
    programs = tmp_path / "programs"
    programs.mkdir()
    lint = programs / "idem-lint"
    lint.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m idem_lint "$@"\n')
    gh = programs / "gh"  # no path in its first line: a folder's name may have a space
    gh.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path / "gh.py"}" "$@"\n')
    (tmp_path / "gh.py").write_text(GH)
    for program in (lint, gh):
        program.chmod(0o755)
    for name in ("output", "summary"):
        (tmp_path / name).touch()
    (tmp_path / "comments.json").write_text("[]")
    return {
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "COMMENTS": str(tmp_path / "comments.json"),
    }


def step(
    name: str, folder: Path, environment: dict[str, str], **values: str
) -> subprocess.CompletedProcess[str]:
    """Run a step's script as the runner does: ``bash --noprofile --norc -eo pipefail``."""
    steps = yaml.safe_load(ACTION.read_text())["runs"]["steps"]
    (found,) = [each for each in steps if each.get("name") == name]
    assert set(values) == set(found.get("env", {})), name
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]],
        cwd=folder,
        env={**environment, **values},
        capture_output=True,
        text=True,
    )


def comments(environment: dict[str, str]) -> list[str]:
    return [row["body"] for row in json.loads(Path(environment["COMMENTS"]).read_text())]


def outputs(environment: dict[str, str]) -> dict[str, str]:
    lines = Path(environment["GITHUB_OUTPUT"]).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_the_action_finds_annotates_summarises_and_keeps_one_comment(
    branch: Path, environment: dict[str, str]
) -> None:
    done = step("Check", branch, environment, PATHS="wallet", OPTIONS="")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^::error file=wallet/gifts.py,line=7,", done.stdout, re.MULTILINE)
    sarif = json.loads(Path(environment["RUNNER_TEMP"], "idem-lint.sarif").read_text())
    assert [found["ruleId"] for found in sarif["runs"][0]["results"]] == ["IDM001"]
    assert outputs(environment)["findings"] == "1"

    source = "https://github.com/bank/bank/blob/0123/{path}#L{line}"
    base = git(branch, "rev-parse", "main")
    done = step("Inventory", branch, environment, PATHS="wallet", BASE=base, SOURCE=source)
    assert done.returncode == 0, done.stderr
    summary = Path(environment["GITHUB_STEP_SUMMARY"]).read_text()
    assert "1 change, 0 of them where money moves." in summary
    assert "| new | `…/wallet/gifts` `transfer` `wallet/gifts.py` | `wallet` |" in summary

    comment = {
        "GH_TOKEN": "t",
        "REPOSITORY": "bank/bank",
        "NUMBER": "7",
        "FILE": outputs(environment)["file"],
        "MARKER": "<!-- idem-lint inventory: . -->",
    }
    for _ in range(2):
        assert step("Comment", branch, environment, **comment).returncode == 0
        assert comments(environment) == [f"<!-- idem-lint inventory: . -->\n{summary}"]
    step("Comment", branch, environment, **{**comment, "MARKER": "<!-- idem-lint inventory: svc -->"})
    assert len(comments(environment)) == 2

    for forbidden, says in (("read", "cannot be read"), ("PATCH", "cannot be written")):
        done = step("Comment", branch, {**environment, "FORBIDDEN": forbidden}, **comment)
        assert done.returncode == 0
        assert "::warning title=idem-lint::the comment" in done.stdout
        assert says in done.stdout
    assert step("Verdict", branch, environment, FINDINGS="1").returncode == 1
    assert step("Verdict", branch, environment, FINDINGS="0").returncode == 0


def test_outside_a_pull_request_nothing_is_compared(branch: Path, environment: dict[str, str]) -> None:
    done = step("Inventory", branch, environment, PATHS=".", BASE="", SOURCE="https://github.com/b/{path}")
    assert done.returncode == 0, done.stderr
    assert "Since" not in Path(environment["GITHUB_STEP_SUMMARY"]).read_text()


def test_a_wrong_configuration_is_no_finding_and_no_success(
    branch: Path, environment: dict[str, str]
) -> None:
    assert step("Check", branch, environment, PATHS="nowhere", OPTIONS="").returncode == 2
    done = step("Check", branch, environment, PATHS="$(touch owned) wallet;touch owned", OPTIONS="")
    assert done.returncode == 2
    assert not (branch / "owned").exists()


def test_a_clean_project_is_a_success(branch: Path, environment: dict[str, str]) -> None:
    done = step("Check", branch, environment, PATHS="wallet/routes.py", OPTIONS="--strict-domains --no-cache")
    assert done.returncode == 0, done.stderr
    assert outputs(environment)["findings"] == "0"


class Notes(BaseHTTPRequestHandler):
    """The notes of a merge request, two pages of them at first."""

    rows: list[dict[str, Any]] = []

    def do_GET(self) -> None:
        is_first = self.path.endswith("page=1")
        self._answer([{"id": 1, "body": "hello"}] if is_first else self.rows, "2" if is_first else "")

    def do_POST(self) -> None:
        self.rows.append({"id": 9, **self._body()})
        self._answer(self.rows[-1])

    def do_PUT(self) -> None:
        assert self.path == "/projects/3/merge_requests/5/notes/9"
        self.rows[0].update(self._body(), changed=True)
        self._answer(self.rows[0])

    def _body(self) -> dict[str, Any]:
        assert self.headers["PRIVATE-TOKEN"] == "t"
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, value: object, following: str = "") -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Next-Page", following)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def gitlab() -> Iterator[str]:
    Notes.rows = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Notes) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_gitlab_job_reports_writes_one_note_and_fails(
    branch: Path, environment: dict[str, str], gitlab: str
) -> None:
    job = yaml.safe_load(GITLAB.read_text())["idem-guard"]
    variables = {
        **job["variables"],
        "IDEM_GUARD_TOKEN": "t",
        "CI_API_V4_URL": gitlab,
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "5",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(branch, "rev-parse", "main"),
        "CI_PROJECT_URL": "https://gitlab.example/bank",
        "CI_COMMIT_SHA": "0123",
    }
    command = ["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])]
    for number in range(2):
        done = subprocess.run(
            command, cwd=branch, env={**environment, **variables}, capture_output=True, text=True
        )
        assert done.returncode == 1, done.stderr
        (note,) = Notes.rows
        assert note["body"].startswith("<!-- idem-guard inventory -->\n### Money inventory")
        assert note.get("changed", False) is bool(number)
    report = json.loads((branch / "gl-code-quality.json").read_text())
    assert [row["location"]["path"] for row in report] == ["wallet/gifts.py"]
    assert (
        "https://gitlab.example/bank/-/blob/0123/wallet/gifts.py#L7"
        in (branch / "idem-inventory.html").read_text()
    )
    without = {**variables, "IDEM_GUARD_TOKEN": ""}
    subprocess.run(command, cwd=branch, env={**environment, **without}, capture_output=True)
    assert len(Notes.rows) == 1
    gone = {**variables, "CI_API_V4_URL": "http://127.0.0.1:9"}
    done = subprocess.run(command, cwd=branch, env={**environment, **gone}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "the note cannot be written" in done.stderr
