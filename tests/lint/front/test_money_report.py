"""The money map in its three formats, and the rules that stand on it, on the command line."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from idem_lint.reports import money_report
from idem_lint.result_types import EntryPoint, MoneyPaths, Step, Write
from idem_lint.run_results import Inventory
from idem_lint.running.cli_options import MONEY_FORMATS
from tests.lint.front.project import Shell
from tests.lint.front.values import handler, mark, place

BOOK = Step("Ledger.book", place(30, file="ledger.py"), "account.balance -= …")
WAY = (Step("transfer", place(12), "ledger.book(…)"), BOOK)
BALANCE = Write("balance", "account.balance -= …", BOOK.place, "likely", WAY)
LEDGER = Write("ledger", "post(…)", BOOK.place, "sure", WAY, is_deferred=True)
FULL = Inventory(
    handlers=(
        handler(mark(), money=MoneyPaths((BALANCE, LEDGER), ("hook(…)",))),
        handler(qualname="a|b", route=None, money=MoneyPaths((LEDGER,), is_complete=False)),
        handler(
            qualname="pay_by_plugin",
            money=MoneyPaths(is_named=True, left_open=tuple(f"hook{n}" for n in range(7))),
        ),
        handler(qualname="pay_nothing", money=MoneyPaths(is_named=True)),
        handler(qualname="note", money=MoneyPaths()),
        handler(qualname="unfollowed"),
    ),
    undecided=(),
    unparsed=(),
)


def lines(name: str, inventory: Inventory = FULL) -> list[str]:
    return list(money_report(name)(inventory))


def test_text_shows_each_step_then_what_is_only_named_like_money() -> None:
    assert lines("text") == [
        "wallet/routes.py:7  transfer (/wallet/transfers)  [likely, balance, money_moving]",
        "    1. wallet/routes.py:12  transfer calls ledger.book(…)",
        "    2. ledger.py:30  Ledger.book writes account.balance -= …",
        "    and 1 other write",
        "wallet/routes.py:7  a|b  [sure, ledger, deferred, unmarked]",
        "    1. wallet/routes.py:12  transfer calls ledger.book(…)",
        "    2. ledger.py:30  Ledger.book writes account.balance -= …",
        "    the search ended before it had seen everything",
        "",
        "Named like money, and no write was found:",
        "wallet/routes.py:7  pay_by_plugin (/wallet/transfers)  [unmarked]",
        "    may move it: hook0, hook1, hook2, hook3, hook4 and 2 more",
        "",
        "Named like money, and every call was followed to its end without a write:",
        "wallet/routes.py:7  pay_nothing (/wallet/transfers)  [unmarked]",
        "",
        "6 handlers: 2 move money (1 for sure, 1 unmarked), 2 only named like it",
    ]


def test_json_has_every_handler_with_its_verdict_and_its_chains() -> None:
    rows = json.loads("\n".join(lines("json")))["handlers"]
    assert [row["moves"] for row in rows] == ["likely", "sure", "named", "named", "no", "no"]
    assert [row["complete"] for row in rows] == [True, False, True, True, True, True]
    assert rows[0]["writes"][0] == {
        "kind": "balance",
        "sink": "account.balance -= …",
        "file": "ledger.py",
        "line": 30,
        "certainty": "likely",
        "deferred": False,
        "guarded_by": "",
        "chain": [
            {"qualname": "transfer", "file": "wallet/routes.py", "line": 12, "what": "ledger.book(…)"},
            {"qualname": "Ledger.book", "file": "ledger.py", "line": 30, "what": "account.balance -= …"},
        ],
        "signs": [],
        "unresolved": ["hook(…)"],
    }


def test_markdown_is_one_table_with_bars_that_do_not_end_its_cells() -> None:
    table = lines("markdown")
    assert table[2] == (
        "| yes | transfer (/wallet/transfers) | wallet/routes.py:7 | money_moving | balance: account.balance -= … "
        "| likely | transfer → Ledger.book |"
    )
    assert table[3].startswith("| yes | a\\|b | ")
    assert table[4] == (
        "| by its name | pay_by_plugin (/wallet/transfers) | wallet/routes.py:7 | - | - | - | - |"
    )
    assert table[-1].startswith("6 handlers: ")


def test_a_call_behind_which_money_may_move_is_named_once() -> None:
    calls = ("hook.send", "hook.send", "plugin.run", *(f"hook{n}" for n in range(4)), "hook.send")
    pay = handler(qualname="pay", money=MoneyPaths(is_named=True, left_open=calls))
    (line,) = [line for line in lines("text", Inventory((pay,), (), ())) if "may move it" in line]
    assert line == "    may move it: hook.send, plugin.run, hook0, hook1, hook2 and 1 more"


@pytest.mark.parametrize("name", MONEY_FORMATS)
def test_nothing_is_a_report_too(name: str) -> None:
    text = "\n".join(lines(name, Inventory((), (), ())))
    assert ("0 handlers: 0 move money (0 for sure, 0 unmarked), 0 only named like it" in text) == (
        name != "json"
    )


def test_a_search_that_ended_early_is_said_of_what_is_named_like_money() -> None:
    cut = handler(qualname="pay_far", money=MoneyPaths(is_named=True, is_complete=False))
    assert lines("text", Inventory((cut,), (), ())) == [
        "",
        "Named like money, and no write was found:",
        "wallet/routes.py:7  pay_far (/wallet/transfers)  [unmarked]",
        "    the search ended before it had seen everything",
        "",
        "1 handler: 0 move money (0 for sure, 0 unmarked), 1 only named like it",
    ]


TASK = EntryPoint(
    place(20, file="wallet/tasks.py"),
    "accrue",
    "task",
    "a Celery task",
    "mark it",
    "wallet",
    started=(place(3, file="wallet/beat.py"),),
    money=MoneyPaths((BALANCE,)),
)
GUARDED = Write("balance", "account.balance -= …", BOOK.place, "likely", WAY, guarded_by="Ledger.book")
STARTED = Inventory(
    (),
    (),
    (),
    entry_points=(
        TASK,
        replace(TASK, qualname="later", is_covered=True),
        replace(TASK, qualname="by_hand", money=MoneyPaths((GUARDED,))),
        replace(TASK, qualname="show", kind="handler", title="", methods=("GET", "HEAD"), route="/accounts"),
        replace(TASK, qualname="list", kind="handler", title="", methods=("GET",)),
        replace(TASK, qualname="remind", money=MoneyPaths()),
    ),
)

NO_HANDLER = "0 handlers: 0 move money (0 for sure, 0 unmarked), 0 only named like it"


def test_text_lists_what_else_moves_money_by_its_kind() -> None:
    shown = [line for line in lines("text", STARTED) if not line.startswith("    ")]
    assert shown == [
        "",
        "Other entry points that move money:",
        "wallet/tasks.py:20  accrue (a Celery task)  [likely, balance, unmarked]",
        "wallet/tasks.py:20  later (a Celery task)  [likely, balance, unmarked, behind another]",
        "wallet/tasks.py:20  by_hand (a Celery task)  [likely, balance, `Ledger.book` is marked]",
        "wallet/tasks.py:20  show (GET and HEAD /accounts)  [likely, balance, unmarked]",
        "wallet/tasks.py:20  list (GET)  [likely, balance, unmarked]",
        "",
        f"{NO_HANDLER}; 5 other entry points move money (3 unmarked)",
    ]
    assert lines("text", replaced(STARTED, TASK))[-1].endswith(
        "; 1 other entry point moves money (1 unmarked)"
    )


def replaced(inventory: Inventory, *points: EntryPoint) -> Inventory:
    return inventory._replace(entry_points=points)


def test_json_and_the_table_have_what_else_moves_money() -> None:
    rows = json.loads("\n".join(lines("json", STARTED)))["entry_points"]
    assert [row["qualname"] for row in rows] == ["accrue", "later", "by_hand", "show", "list", "remind"]
    assert rows[0] == {
        "file": "wallet/tasks.py",
        "line": 20,
        "qualname": "accrue",
        "kind": "task",
        "title": "a Celery task",
        "methods": [],
        "route": None,
        "domain": "wallet",
        "mark": None,
        "registered": ["wallet/beat.py:3"],
        "covered": False,
        "writes": rows[1]["writes"],
    }
    assert [row["covered"] for row in rows] == [False, True, False, False, False, False]
    assert rows[2]["writes"][0]["guarded_by"] == "Ledger.book"
    assert lines("markdown", STARTED)[2].startswith(
        "| yes | accrue (a Celery task) | wallet/tasks.py:20 | - |"
    )


SERVICE = """\
import stripe
from fastapi import APIRouter, BackgroundTasks

from idem_runtime import money_moving, not_money_moving
from ledger import book

router = APIRouter()


@router.post("/wallet/corrections")
@not_money_moving(reason="by the back office")
def correct(amount: int) -> None:
    book(amount)


@router.post("/wallet/later")
@money_moving
def later(amount: int, tasks: BackgroundTasks) -> None:
    tasks.add_task(book, amount)


@router.post("/wallet/charges")
@money_moving
def charge(amount: int) -> None:
    stripe.PaymentIntent.create(amount=amount)


@router.post("/wallet/payments")
@money_moving(effect="external")
def pay(amount: int) -> None:
    stripe.PaymentIntent.create(amount=amount)


@router.post("/wallet/transfers")
@money_moving(effect="local")
def transfer(amount: int) -> None:
    book(amount)
"""
LEDGER_FILE = """\
def book(amount: int) -> None:
    account.balance -= amount
"""


@pytest.fixture
def service(shell: Shell) -> Shell:
    shell.write({"wallet/api.py": SERVICE, "ledger.py": LEDGER_FILE})
    return shell


def test_the_command_lists_what_moves_money_without_any_configuration(service: Shell) -> None:
    ran = service.run("money", "wallet")
    assert ran.code == 0
    assert (
        ran.out.splitlines()[0]
        == "wallet/api.py:12  correct (…/wallet/corrections)  [likely, balance, not_money_moving]"
    )
    assert (
        ran.out.splitlines()[-1] == "5 handlers: 5 move money (0 for sure, 0 unmarked), 0 only named like it"
    )


def test_a_mark_that_lies_is_a_finding_with_the_way_to_the_write(service: Shell) -> None:
    ran = service.run("wallet")
    assert ran.findings == ["wallet/api.py:12 IDM101", "wallet/api.py:18 IDM103", "wallet/api.py:24 IDM105"]
    assert (
        "    1. `correct` calls book(…)  (wallet/api.py:13)\n    2. `book` writes account.balance -= …  (ledger.py:2)"
        in (ran.out)
    )


def test_sarif_has_the_way_as_a_code_flow_and_a_warning_where_the_write_is_only_likely(
    service: Shell,
) -> None:
    results = json.loads(service.run("--format", "sarif", "wallet").out)["runs"][0]["results"]
    assert [row["level"] for row in results] == ["warning", "warning", "warning"]
    (flow,) = results[0]["codeFlows"][0]["threadFlows"]
    assert [step["location"]["message"]["text"] for step in flow["locations"]] == [
        "`correct` calls book(…)",
        "`book` writes account.balance -= …",
    ]


def test_a_function_that_is_named_as_a_ledger_write_makes_it_sure(service: Shell) -> None:
    service.write({"pyproject.toml": '[tool.idem-lint]\nledger-writes = ["ledger.book"]\n'})
    (row, *_) = json.loads(service.run("--format", "json", "wallet").out)["findings"]
    assert (row["code"], row["severity"]) == ("IDM101", "error")
    assert [step["what"] for step in row["chain"]] == ["`correct` calls book(…)", "`book` writes the ledger"]


MODEL = """\
from django.db import models
from django.views.decorators.http import require_POST


class Voucher(models.Model):
    value = models.IntegerField()


class Payment(models.Model):
    amount = models.IntegerField()


@require_POST
def issue(request):
    Voucher.objects.create(value=1)


@require_POST
def tell(request):
    Payment.objects.create(amount=1)
"""
URLS = """\
from django.urls import path

from wallet import views

urlpatterns = [path("issue", views.issue), path("tell", views.tell)]
"""


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ("", ["named", "likely"]),
        ('money-models = ["Voucher"]', ["likely", "likely"]),
        ('money-models = { "Payment" = "nothing", "Voucher" = "holder" }', ["named", "no"]),
    ],
)
def test_the_configuration_says_which_records_are_money(
    models: str, expected: list[str], shell: Shell
) -> None:
    shell.write(
        {
            "wallet/views.py": MODEL,
            "wallet/urls.py": URLS,
            "pyproject.toml": f"[tool.idem-lint]\n{models}\n",
        }
    )
    rows = json.loads(shell.run("money", "--format", "json").out)["handlers"]
    assert [row["moves"] for row in rows] == expected
