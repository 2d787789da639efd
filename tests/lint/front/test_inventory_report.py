"""The inventory of handlers in its four formats."""

from __future__ import annotations

import csv
import json

from idem_lint.reports import inventory_report
from idem_lint.result_types import Place, Site
from idem_lint.run_results import Inventory
from idem_lint.running.cli_options import INVENTORY_FORMATS
from tests.lint.front.project import UNMARKED, Shell
from tests.lint.front.values import handler, mark, opt_out, place, undecided

FULL = Inventory(
    handlers=(
        handler(
            mark(),
            methods=("POST", "PUT"),
            routes=("/wallet/transfers", "/v1/wallet/transfers"),
            registered=(place(14, file="core/app.py"),),
            domain_reason="the folder wallet",
        ),
        handler(opt_out(), qualname="search", place=place(20)),
        handler(route=None, domain=None, evidence="any-method", place=place(30), qualname="a|b"),
        handler(opt_out(problem="it is above"), place=place(40)),
    ),
    undecided=(undecided(place=place(50)), undecided(place=place(51), qualname="")),
    unparsed=(Site(Place("wallet/broken.py", 3, 1), "invalid syntax"),),
)
EMPTY = Inventory((), (), ())


def text(name: str, inventory: Inventory = FULL) -> str:
    return "\n".join(inventory_report(name)(inventory))


def test_json_has_the_fields_that_the_issue_names() -> None:
    document = json.loads(text("json"))
    assert document["handlers"][0] == {
        "file": "wallet/routes.py",
        "line": 7,
        "qualname": "transfer",
        "framework": "fastapi",
        "methods": ["POST", "PUT"],
        "route": "/wallet/transfers",
        "routes": ["/wallet/transfers", "/v1/wallet/transfers"],
        "domain": "wallet",
        "domain_reason": "the folder wallet",
        "mark": "money_moving",
        "reason": None,
        "evidence": "explicit",
        "registered": ["core/app.py:14"],
        "writes": [],
    }
    assert [(row["mark"], row["reason"]) for row in document["handlers"]] == [
        ("money_moving", None),
        ("not_money_moving", "reads only"),
        (None, None),
        (None, None),
    ]
    assert document["undecided"][0] == {
        "file": "wallet/routes.py",
        "line": 50,
        "qualname": "transfer",
        "framework": "fastapi",
        "domain": "wallet",
        "reason": "its methods come from a call",
    }
    assert document["unparsed"] == [{"file": "wallet/broken.py", "line": 3, "reason": "invalid syntax"}]


def test_json_says_which_folders_were_looked_at(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED})
    paths = [
        json.loads(shell.run("inventory", "--format", "json", *given).out)["paths"]
        for given in ((), ("wallet", "./wallet", str(shell.root / "wallet" / "routes.py")))
    ]
    assert paths == [["."], ["wallet", "wallet/routes.py"]]


def test_csv_has_a_row_for_everything_and_says_of_which_kind() -> None:
    rows = list(csv.DictReader(text("csv").splitlines()))
    assert [row["kind"] for row in rows] == ["handler"] * 4 + ["undecided"] * 2 + ["unparsed"]
    assert rows[0]["methods"] == "POST PUT"
    assert rows[0]["registered"] == "core/app.py:14"
    assert rows[1]["reason"] == "reads only"
    assert rows[2]["route"] == rows[2]["domain"] == rows[2]["mark"] == ""
    assert (rows[-1]["line"], rows[-1]["reason"]) == ("3", "invalid syntax")


def test_the_table_is_aligned_and_counts() -> None:
    lines = text("table").splitlines()
    assert lines[0].startswith("where                handler   framework  methods   route")
    assert lines[1].startswith(
        "wallet/routes.py:7   transfer  fastapi    POST PUT  /wallet/transfers  wallet"
    )
    assert "not_money_moving: reads only" in lines[2]
    assert lines[5] == "undecided: wallet/routes.py:50: transfer: its methods come from a call"
    assert lines[6] == "undecided: wallet/routes.py:51: its methods come from a call"
    assert lines[7] == "unparsed: wallet/broken.py:3: invalid syntax"
    assert lines[-1] == "4 handlers, 2 marked, 2 undecided, 1 file unparsed"


def test_an_empty_table_is_its_count() -> None:
    assert text("table", EMPTY) == "0 handlers, 0 marked, 0 undecided, 0 files unparsed"


def test_control_characters_do_not_reach_a_terminal() -> None:
    odd = Inventory((handler(route="/\x1b[2J"),), (), ())
    assert all("\x1b" not in text(name, odd) for name in INVENTORY_FORMATS if name != "csv")
