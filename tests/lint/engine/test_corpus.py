"""No source makes the linter fall over: the standard library, installed packages, and case files that were damaged.

``IDEM_TESTS=all`` reads every file, on its own and in one project; without it, those of a sample.
"""

from __future__ import annotations

import ast
import functools
import os
import re
import sysconfig
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idem_lint.judging.project_verdicts import Project
from idem_lint.settings.config import Config
from tests.lint.casecheck import CASES

FULL = os.environ.get("IDEM_TESTS") == "all"
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]
PARTS = 4
STDLIB = Path(sysconfig.get_paths()["stdlib"])
SITE_PACKAGES = Path(sysconfig.get_paths()["purelib"])
CASE_FILES = sorted(path for path in CASES.rglob("*.py") if path.stat().st_size < 8_000)
LEAST = {STDLIB: 500, SITE_PACKAGES: 500}


@functools.cache
def _files(root: Path) -> list[Path]:
    files = sorted(root.rglob("*.py"))
    return [path for path in files if root == SITE_PACKAGES or "site-packages" not in path.parts]


def _is_readable(source: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError):
            return False
    return True


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(("root", "step"), [(STDLIB, 24), (SITE_PACKAGES, 160)], ids=["stdlib", "installed"])
def test_each_file_is_judged_and_an_error_only_where_python_refuses_it(
    root: Path, step: int, part: int, tmp_path: Path
) -> None:
    files = _files(root)
    assert len(files) > LEAST[root]
    project = Project(Config(root=tmp_path, all_domains=True))
    for path in files[part :: PARTS if FULL else PARTS * step]:
        for report in project.reports([path]):
            assert report.fault is None, f"{path}: {report.fault}"
            assert report.error is None or not _is_readable(path.read_bytes()), f"{path}: {report.error}"


def test_the_standard_library_as_one_project_has_no_handlers_but_those_of_its_tests() -> None:
    """Its tests do serve functions and classes: by ``xmlrpc.server`` and ``http.server``. No domain has them."""
    files = _files(STDLIB)[:: 1 if FULL else 15]
    reports = Project(Config(root=STDLIB, all_domains=True)).reports(files)
    found = [each for report in reports for each in (*report.handlers, *report.undecided)]
    assert [each for each in found if each.domain is not None] == []
    assert {Path(each.place.file).relative_to(STDLIB).parts[0] for each in found} <= {"test"}


# Damage to a source: each takes its lines and two random numbers.


def _deleted(lines: list[str], first: int, _second: int) -> str:
    return "".join(lines[:first] + lines[first + 1 :])


def _doubled(lines: list[str], first: int, _second: int) -> str:
    return "".join(lines[: first + 1] + lines[first:])


def _swapped(lines: list[str], first: int, second: int) -> str:
    other = second % len(lines)
    lines[first], lines[other] = lines[other], lines[first]
    return "".join(lines)


def _without_token(lines: list[str], first: int, second: int) -> str:
    tokens = re.findall(r"\w+|\s+|[^\w\s]", lines[first])
    lines[first] = "".join(token for at, token in enumerate(tokens) if at != second % len(tokens))
    return "".join(lines)


def _cut(lines: list[str], first: int, second: int) -> str:
    return "".join(lines[:first]) + lines[first][: second % len(lines[first])]


def _renamed(lines: list[str], first: int, second: int) -> str:
    source = "".join(lines)
    names = sorted(set(re.findall(r"[A-Za-z_]\w+", source)))
    one, other = names[first % len(names)], names[second % len(names)]
    return re.sub(rf"\b(?:{one}|{other})\b", lambda found: other if found[0] == one else one, source)


def _indented(lines: list[str], first: int, second: int) -> str:
    lines[first] = " " * (second % 9) + lines[first].lstrip(" ")
    return "".join(lines)


DAMAGE = (_deleted, _doubled, _swapped, _without_token, _cut, _renamed, _indented)


@settings(
    max_examples=1500 if FULL else 120,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.large_base_example],
)
@given(
    path=st.sampled_from(CASE_FILES),
    damage=st.lists(
        st.tuples(st.sampled_from(DAMAGE), st.integers(0, 10_000), st.integers(0, 10_000)),
        min_size=1,
        max_size=4,
    ),
)
def test_a_damaged_case_file_gets_a_report_or_an_error(
    path: Path, damage: list[tuple[object, int, int]]
) -> None:
    source = path.read_text()
    for change, first, second in damage:
        lines = source.splitlines(keepends=True)
        if lines:
            assert callable(change)
            source = str(change(lines, first % len(lines), second))
    folder = path.parent
    config, content = Config(root=folder, all_domains=True), source.encode()
    for report in Project(config, overlay={path: content}).reports([path]):
        assert report.fault is None
        assert report.error is None or not _is_readable(content)
