"""What leads too far is said (IDM006), not passed over; and how far it is does not depend on what was asked before."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from idem_lint.engine.value_types import Applied, External, Func, Value, with_innermost
from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint.engine.evaluated_projects import APP
from tests.lint.frameworks.annotated import check_source

FUNCTIONS = "def f0(path):\n    return app.post(path)\n\n\n" + "".join(
    f"def f{number}(path):\n    return f{number - 1}(path)\n\n\n" for number in range(1, 60)
)
TOO_FAR = {
    "functions": (FUNCTIONS, "f59('/a')"),
    "lambdas": (
        "f0 = lambda path: app.post(path)\n"
        + "".join(f"f{number} = lambda path: f{number - 1}(path)\n" for number in range(1, 60)),
        "f59('/a')",
    ),
    "functions that double": (
        "def f0(path):\n    return app.post(path)\n\n\n"
        + "".join(
            f"def f{number}(path):\n    return f{number - 1}(path) if path else f{number - 1}(path)\n\n\n"
            for number in range(1, 30)
        ),
        "f29('/a')",
    ),
    "functions that call each other": (
        "def even(path, left):\n    return odd(path, left - 1)\n\n\ndef odd(path, left):\n    return even(path, left)\n",
        "even('/a', 3)",
    ),
}


@pytest.mark.parametrize("name", TOO_FAR)
def test_a_decorator_that_leads_too_far_is_said(name: str, tmp_path: Path) -> None:
    functions, decorator = TOO_FAR[name]
    source = f"{APP}\n\n{functions}\n\n@{decorator}\ndef transfer(amount: int):\n    return amount\n"
    (tmp_path / "wallet").mkdir()
    (tmp_path / "wallet" / "v.py").write_text(source)
    (finding,) = check([tmp_path], Config(root=tmp_path)).findings
    assert finding.code == "IDM006"
    assert 'which leads through too many functions to follow, is given the path "/a"' in finding.message


def test_a_name_may_have_any_number_of_aliases(tmp_path: Path) -> None:
    aliases = "n0 = app.post\n" + "".join(f"n{number} = n{number - 1}\n" for number in range(1, 41))
    check_source(
        f"{APP}{aliases}\n\n@n40('/a')\ndef transfer(amount: int):  # found\n    return amount\n\n\n"
        "@n20('/b')\ndef refund(amount: int):  # found\n    return amount\n",
        tmp_path,
    )


def test_a_table_of_very_many_statements_is_said(tmp_path: Path) -> None:
    statements = "".join(f"ROUTES.append(('/{number}', transfer))\n" for number in range(1100))
    check_source(
        f"{APP}ROUTES = []\n\n\ndef transfer(amount: int):  # found\n    return amount\n\n\n{statements}\n"
        "for path, view in [*ROUTES[:1]]:\n    app.post(path)(view)  # undecided\n"
        "for path, view in ROUTES:\n    app.post(path)(view)  # undecided\n",
        tmp_path,
    )


def test_a_chain_of_decorators_may_be_longer_than_the_stack() -> None:
    mark = External("idem_runtime.money_moving")
    node = ast.Name("mark")
    chain: Value = External("x")
    for _ in range(3000):
        chain = Applied(mark, chain, node, None)  # type: ignore[arg-type]
    other = External("y")
    moved = with_innermost(chain, other)
    for _ in range(3000):
        assert isinstance(moved, Applied)
        moved = moved.target
    assert moved is other
    assert not isinstance(moved, Func)


def test_a_registration_in_a_loop_is_said_once(tmp_path: Path) -> None:
    loop = "import unknown\n\nfor name in ('/a', '/b'):\n    app.post(name)(unknown.make(name))\n"
    (tmp_path / "app.py").write_text(APP + loop)
    findings = check([tmp_path], Config(root=tmp_path, all_domains=True)).findings
    assert [finding.code for finding in findings] == ["IDM006"]


@pytest.mark.parametrize(
    "table",
    [
        pytest.param("{**load()}", id="a dict of another"),
        pytest.param("{**{**load()}}", id="a dict of a dict of another"),
        pytest.param("{'/fees': transfer, **load()}", id="a dict with more"),
        pytest.param("{path: view for path, view in {**load()}.items()}", id="a comprehension over another"),
        pytest.param("dict([*load()])", id="a dict of rows"),
    ],
)
def test_what_a_table_may_have_beside_what_is_known_is_said(table: str, tmp_path: Path) -> None:
    found = "# found" if "transfer" in table else ""
    check_source(
        f"{APP}from company import load\n\n\ndef transfer(amount: int):  {found}\n    return amount\n\n\n"
        f"for path, view in {table}.items():\n    app.post(path)(view)  # undecided\n",
        tmp_path,
    )


@pytest.mark.parametrize(
    ("start", "statement", "rows"),
    [
        pytest.param("[]", "TABLE.extend(load())", "TABLE", id="a list"),
        pytest.param("[('/fees', transfer)]", "TABLE.extend(load())", "TABLE", id="a list with a row"),
        pytest.param("{}", "TABLE.update(load())", "TABLE.items()", id="a dict"),
    ],
)
def test_what_a_collection_is_filled_with_from_elsewhere_is_said(
    start: str, statement: str, rows: str, tmp_path: Path
) -> None:
    found = "# found" if "transfer" in start else ""
    check_source(
        f"{APP}from company import load\n\n\ndef transfer(amount: int):  {found}\n    return amount\n\n\n"
        f"TABLE = {start}\n{statement}\nfor path, view in {rows}:\n    app.post(path)(view)  # undecided\n",
        tmp_path,
    )


def test_a_dict_that_a_condition_thins_out_has_nothing_that_is_not_known(tmp_path: Path) -> None:
    check_source(
        f"{APP}from company import flag\n\n\ndef transfer(amount: int):  # found\n    return amount\n\n\n"
        "TABLE = {path: view for path, view in {'/a': transfer}.items() if flag(path)} | {}\n"
        "for path, view in TABLE.items():\n    app.post(path)(view)\n",
        tmp_path,
    )
