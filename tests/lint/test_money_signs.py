"""Where no write is found, what speaks for one is weighed: each sign by itself, then together, and what reports say of it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from idem_lint.adoption.routes_lock import locked
from idem_lint.reach import signs
from idem_lint.reach.signs import POINTS
from idem_lint.reports import inventory_report, money_report
from idem_lint.reports.standing import OPTED_OUT as OPTED_OUT_STANDING
from idem_lint.reports.standing import standing
from idem_lint.result_types import Handler
from idem_lint.rules.idm102_unguarded_ledger_write import outside_domains
from idem_lint.rules.rule import RuleSettings
from idem_lint.run_results import Inventory
from idem_lint.running.project_run import check, inventory
from idem_lint.settings.config import Config
from tests.lint.front.project import write

HEAD = """\
from fastapi import APIRouter
from pydantic import BaseModel
from plugins import *
router = APIRouter()
class Body(BaseModel):
    amount: int
    note: str = ""
class Plain(BaseModel):
    kind = "a"
"""
TASK = "from django.db import models\nclass Task(models.Model):\n"
ENDS = "@router.post('/a')\ndef go(task: Task): task.completed = True; plugin.go('completed')"
SIGNS: dict[str, tuple[str, set[str]]] = {
    "nothing": ("@router.post('/a')\ndef go(): plugin.go(1)", set()),
    "its name": ("@router.post('/a')\ndef sweep_refund(): plugin.go(1)", {"name"}),
    "the name of its class, where its method says nothing": (
        "from django.views import View\nclass PayoutView(View):\n    def post(self, request): plugin.go(1)",
        {"name", "makes"},
    ),
    "its route": ("@router.post('/refunds/{id}')\ndef go(): plugin.go(1)", {"route"}),
    "the end of its route": ("@router.post('/x/purchase')\ndef go(): plugin.go(1)", {"route"}),
    "it makes a thing of money": (
        "@router.post('/a')\ndef record_wallet(): plugin.go(1)",
        {"makes", "configures"},
    ),
    "its docstring": (
        "@router.post('/a')\ndef go():\n    '''Donate to somebody.'''\n    plugin.go(1)",
        {"docstring"},
    ),
    "a function that is named for moving": ("@router.post('/a')\ndef go(): plugin.donate_all(1)", set()),
    "a verb of movement": ("@router.post('/a')\ndef go(): plugin.withdraw(1)", {"asks"}),
    "a verb of movement, asked of a payer": (
        "@router.post('/a')\ndef go(): plugin.backend['a'].of(1).withdraw(1)",
        {"asks", "asks a payer"},
    ),
    "an object that is named like a verb": (
        "@router.post('/a')\ndef go(): raise plugin.RefundError(1)",
        set(),
    ),
    "a schema of one": ("@router.post('/a')\ndef go(): plugin.keep(plugin.PayoutSchema(1))", set()),
    "that all went well, said to a person": (
        "@router.post('/a')\ndef go(): plugin.go(1), plugin.flash('booked', 'success'), plugin.toast(kind='success')",
        set(),
    ),
    "that all went well, said to a program": (
        "@router.post('/a')\ndef go(): return {'success': plugin.go(1), **plugin.rest, 'status': 'success'}",
        set(),
    ),
    "an end that is asked for": (
        "@router.post('/a')\ndef go(): return {'status': plugin.go('success')}",
        {"settled"},
    ),
    "a form is charged": ("@router.post('/a')\ndef go(): plugin.form.charge(1)", set()),
    "a record of a package": ("@router.post('/a')\ndef go(): plugin.keep(plugin.Payout(1))", {"row near"}),
    "rows of a handle": ("@router.post('/a')\ndef go(): plugin.payouts.put(1)", {"row near"}),
    "rows further off": (
        "def two(): plugin.payouts.put(1)\ndef one(): two()\n@router.post('/a')\ndef go(): one()",
        {"row"},
    ),
    "a literal that is called": ("@router.post('/a')\ndef go(): 'a'.join('b'), plugin.go(1)", set()),
    "a balance is set": (
        "@router.post('/a')\ndef go(): plugin.row['balance'] = 1; plugin.go(1)",
        {"balance"},
    ),
    "an amount is counted": (
        "@router.post('/a')\ndef go(): plugin.total_due += 1; plugin.go(1)",
        {"balance", "amount"},
    ),
    "something else is counted, and set": (
        "@router.post('/a')\ndef go(key): plugin.tries += 1; plugin.rows[key] = 1; plugin.go(1)",
        set(),
    ),
    "an end is spoken of": ("@router.post('/a')\ndef go(): plugin.go('refunded')", {"settled"}),
    "an end is set": ("@router.post('/a')\ndef go(): plugin.status = 'paid'; plugin.go(1)", {"ends"}),
    "an end of an enumeration": (
        "@router.post('/a')\ndef go(): plugin.one.state = plugin.State.COMPLETED.value; plugin.go(1)",
        {"ends"},
    ),
    "an end, or not": (
        "@router.post('/a')\ndef go(): plugin.state = NEW if plugin.go(1) else PAID",
        {"ends"},
    ),
    "a flag that is an end": (
        "@router.post('/a')\ndef go(): plugin.is_success = True; plugin.go(1)",
        {"ends"},
    ),
    "no end": (
        "@router.post('/a')\ndef go(): plugin.state = state; plugin.is_paid = False; plugin.state = NEW; plugin.paid, b = 1, 2; plugin.go(1)",
        set(),
    ),
    "an end of what only tells": (
        "@router.post('/a')\ndef go(): event = plugin.go(1); event.status = State.DONE_AND_COMPLETED",
        set(),
    ),
    "an end beside a status": (
        "@router.post('/a')\ndef go(): plugin.status = plugin.go('paid')",
        {"settles"},
    ),
    "an end of what has no amount": (f"{TASK}    text = models.TextField()\n{ENDS}", {"settles"}),
    "an end of what has one": (f"{TASK}    price = models.IntegerField()\n{ENDS}", {"ends"}),
    "an amount": (
        "@router.post('/a')\ndef go(body: Body, plain: Plain, none, other: int): plugin.go(1)",
        {"amount"},
    ),
    "a reference": ("@router.post('/a')\ndef go(): plugin.go(tx_hash=1)", {"reference"}),
    "long texts are not read": (
        "@router.post('/a')\ndef go(): plugin.go('paid in full', 'it_was_paid_long_ago', 'an_amount_of_which_nobody_says_how_it_came')",
        set(),
    ),
    "a webhook that speaks of an end": (
        "@router.post('/a')\ndef on_hook(): plugin.go('paid')",
        {"settled", "told"},
    ),
    "a webhook of a provider": ("@router.post('/paypal/a')\ndef on_hook(): plugin.go(1)", {"told"}),
    "a webhook": ("@router.post('/a')\ndef on_hook(): plugin.go(1)", set()),
    "a name that reads": ("@router.post('/a')\ndef simulate_it(): plugin.go(1)", {"reads"}),
    "a name that prepares": ("@router.post('/a')\ndef go_schedule(): plugin.go(1)", {"reads"}),
    "a docstring that reads": (
        "@router.post('/a')\ndef go():\n    '''Returns it.'''\n    plugin.go(1)",
        {"reads"},
    ),
    "it stops something": ("@router.post('/a')\ndef archive_it(): plugin.go(1)", {"stops"}),
    "it configures": ("@router.post('/a')\ndef new_profile(): plugin.go(1)", {"configures"}),
    "a page to pay at": ("@router.post('/a')\ndef go(): plugin.go(checkout_url=1)", {"page"}),
    "it answers GET": (
        "@router.api_route('/a', methods=['GET', 'POST'])\ndef go(): plugin.go(1)",
        {"any method"},
    ),
    "a lambda": ("router.post('/a')(lambda amount: plugin.withdraw(amount))", {"asks", "amount"}),
}
"""A handler, and which signs it has."""


def found_in(root: Path, source: str, config: Config | None = None) -> Inventory:
    write(root, {"app/api.py": f"{HEAD}\n{source}\n"})
    found = inventory([root], config or Config(root, all_domains=True), is_cached=False)
    assert not found.faults
    return found


def the_handler(root: Path, source: str, config: Config | None = None) -> Handler:
    [handler] = found_in(root, source, config).handlers
    return handler


@pytest.mark.parametrize("case", SIGNS)
def test_a_sign_is_seen_and_weighs_what_the_table_says(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs, "ENOUGH", -100)  # so that every sign is told
    source, expected = SIGNS[case]
    money = the_handler(tmp_path, source).money
    assert money is not None
    assert sorted(sign.points for write_ in money.writes for sign in write_.signs) == sorted(
        POINTS[name] for name in expected
    )


REFUND = '''@router.post("/orders/{id}/refund")
def refund_order(id: int, amount: int, thing):
    """Refund an order."""
    settle(id, amount, thing)
def settle(id, amount, thing):
    thing.engine.remit_all(id, amount)
'''


def test_enough_signs_are_a_likely_write_with_the_way_to_the_strongest(tmp_path: Path) -> None:
    money = the_handler(tmp_path, REFUND).money
    assert money is not None
    [write_] = money.writes
    assert (write_.kind, write_.certainty, write_.sink) == ("signs", "likely", "thing.engine.remit_all(…)")
    assert [(step.qualname, step.what) for step in write_.chain] == [
        ("refund_order", "settle(…)"),
        ("settle", "thing.engine.remit_all(…)"),
    ]
    assert {sign.place.line for sign in write_.signs if "engine" in sign.what} == {write_.place.line}
    assert money.found == ()


STAY = """
from django.db import models
class Stay(models.Model):
    price = models.IntegerField()
@router.post("/refund")
def refund_stay(stay: Stay, amount: int):
    stay.state = "completed"
"""


def test_where_every_call_was_followed_something_has_to_be_kept_and_more_to_speak_for_it(
    tmp_path: Path,
) -> None:
    told = the_handler(tmp_path, STAY).money
    assert told is not None
    assert [write_.kind for write_ in told.writes] == ["signs"]
    less = the_handler(tmp_path, STAY.replace(", amount: int", "").replace("refund_stay", "go")).money
    assert less is not None
    assert less.writes == ()


def test_what_is_found_is_told_and_nothing_is_weighed(tmp_path: Path) -> None:
    source = REFUND.replace(
        "    thing.engine.remit_all(id, amount)", "    Refund.objects.create(amount=amount)"
    )
    model = "from django.db import models\nclass Refund(models.Model):\n    amount = models.IntegerField()\n"
    money = the_handler(tmp_path, model + source).money
    assert money is not None
    assert [write_.kind for write_ in money.writes] == ["row"]
    assert money.found == money.writes


@pytest.mark.parametrize(
    "source",
    [
        REFUND.replace("thing.engine.remit_all(id, amount)", "id + amount"),
        REFUND.replace("refund_order", "preview_refund")
        .replace("Refund an", "Previews an")
        .replace(".engine", ""),
        REFUND.replace("def refund_order", "def get_order").replace("Refund an", "An"),
    ],
    ids=["every call was followed to its end", "it only prepares", "it only reads"],
)
def test_nothing_is_weighed_where_nothing_is_left_open_nor_enough_against_what_speaks_against_it(
    source: str, tmp_path: Path
) -> None:
    money = the_handler(tmp_path, source).money
    assert money is not None
    assert money.writes == ()


def test_a_name_that_the_project_says_is_no_money_is_no_sign(tmp_path: Path) -> None:
    source = "@router.post('/refunds')\ndef make_refund(amount): plugin.keep(plugin.Payout(amount))"
    money = the_handler(tmp_path, source).money
    assert money is not None
    assert "plugin.Payout(…)" in {sign.what for sign in money.writes[0].signs}
    config = Config(tmp_path, all_domains=True, money_models={"Payout": "nothing"})
    silenced = the_handler(tmp_path, source, config).money
    assert silenced is not None
    assert "plugin.Payout(…)" not in {sign.what for write_ in silenced.writes for sign in write_.signs}


def test_without_a_call_that_says_so_the_handler_itself_is_the_end_of_the_way(tmp_path: Path) -> None:
    source = "@router.post('/payouts')\ndef make_payout(amount, tx_hash): plugin.go(amount)"
    money = the_handler(tmp_path, source).money
    assert money is not None
    [write_] = money.writes
    assert [step.qualname for step in write_.chain] == ["make_payout"]
    assert write_.sink == "its name says so: make_payout"


def test_a_class_that_inherits_its_handler_stands_before_what_is_run_of_it(tmp_path: Path) -> None:
    source = (
        "from rest_framework.generics import CreateAPIView\nfrom plugins import PayoutSerializer\n"
        "class PayoutView(CreateAPIView):\n"
        "    serializer_class = PayoutSerializer\n"
        "    def perform_create(self, serializer): plugin.backend.payout(amount=1, status='paid')\n"
    )
    money = the_handler(tmp_path, source).money
    assert money is not None
    [write_] = money.writes
    assert [step.qualname for step in write_.chain] == ["PayoutView", "PayoutView.perform_create"]


OPTED_OUT = "from idem_runtime import not_money_moving\n" + REFUND.replace(
    "def refund_order", "@not_money_moving(reason='it asks another team')\ndef refund_order", 1
)


def test_an_opt_out_outweighs_signs(tmp_path: Path) -> None:
    found = found_in(tmp_path, OPTED_OUT)
    [handler] = found.handlers
    assert handler.money is not None
    assert [write_.kind for write_ in handler.money.writes] == ["signs"]
    assert standing(handler) is OPTED_OUT_STANDING
    result = check([tmp_path], Config(tmp_path, all_domains=True), is_cached=False)
    assert [finding.code for finding in result.findings] == []


def test_no_rule_and_no_lock_stands_on_signs(tmp_path: Path) -> None:
    handler = the_handler(tmp_path, REFUND, Config(tmp_path))
    assert handler.domain is None
    assert outside_domains(handler, RuleSettings(date(2026, 1, 1), strict_domains=True)) is None
    assert [row.moves_money for row in locked([handler], tmp_path / "routes.lock")] == [False]


def test_reports_say_that_no_write_was_found_and_what_speaks_for_it(tmp_path: Path) -> None:
    source = REFUND.replace("refund_order", "void_refund")
    found = found_in(tmp_path, source)
    text = "\n".join(money_report("text")(found))
    assert "seems to move money: thing.engine.remit_all(…)" in text
    assert "no write was found; for it: its name says so: void_refund (2); " in text
    assert "; against it: it takes something away (-2)" in text
    document = json.loads("".join(inventory_report("json")(found)))
    [row] = document["handlers"][0]["writes"]
    assert row["kind"] == "signs"
    assert {"what", "points", "file", "line"} == set(row["signs"][0])
    page = "".join(inventory_report("html")(found))
    assert "No write was found. What speaks for one, and against it:" in page
    assert "it takes something away (-2)" in page
