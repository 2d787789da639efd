"""IDM102 on the command line: what it says, how severe it is, when nothing is followed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from idem_lint.entry_points.tables import TABLES
from idem_lint.judging.money_map import MoneyMap
from tests.lint.front.project import Shell

ROOT = Path(__file__).parents[3]
MODELS = """\
from django.db import models


class Payment(models.Model):
    account = models.ForeignKey("Account", on_delete=models.PROTECT)
    amount = models.DecimalField()


def pay(amount):
    Payment.objects.create(amount=amount)
"""
TASKS = """\
from apscheduler.schedulers.background import BackgroundScheduler
from celery import shared_task
from fastapi import APIRouter

from models import pay

router = APIRouter()
scheduler = BackgroundScheduler()


@shared_task
def nightly():
    pay(1)


def hourly():
    pay(1)


@router.post("/notes")
def create():
    pay(1)


@router.post("/transfers")
def transfer():
    pay(1)


@router.post("/transfers/preview")
def preview():
    return 1
"""
STARTS = """\
from jobs import hourly, scheduler

scheduler.add_job(hourly, "interval", hours=1)
"""


def test_a_likely_write_is_a_warning_in_a_domain_and_says_what_to_write(shell: Shell) -> None:
    shell.write({"models.py": MODELS, "wallet/tasks.py": TASKS.replace("shared_task", "shared_task", 1)})
    ran = shell.run("--select", "IDM102", "wallet", "models.py")
    assert ran.findings == ["wallet/tasks.py:12 IDM102"]
    assert (
        "IDM102 `nightly` is a Celery task in the wallet domain and writes money without a mark on the way, as far as the "
        "source tells: Payment.objects.create(…) of Payment"
    ) in ran.out
    assert "    1. `nightly` calls pay(…)  (wallet/tasks.py:13)\n    2. `pay` writes Payment" in ran.out
    assert "fix: put @money_moving(operation=…, key=…, principal=…) directly above `def nightly`" in ran.out
    rows = json.loads(shell.run("--select", "IDM102", "--format", "json").out)["findings"]
    assert [row["severity"] for row in rows] == ["warning"]


def test_outside_the_domains_a_likely_write_counts_with_strict_domains_and_is_said_once(shell: Shell) -> None:
    shell.write({"models.py": MODELS, "jobs.py": TASKS, "main.py": STARTS})
    assert shell.run().findings == []
    ran = shell.run("--strict-domains")
    assert ran.findings == [
        "jobs.py:12 IDM102",
        "jobs.py:16 IDM102",
        "jobs.py:21 IDM102",
        "jobs.py:26 IDM102",
        "jobs.py:31 IDM012",
    ]
    assert "registered in main.py:3" in ran.out
    assert "`create` answers POST …/notes outside every money domain and writes money" in ran.out


def test_ledger_writes_count_where_no_framework_registers_anything(shell: Shell) -> None:
    shell.write({"books.py": "def book(amount): ...\n", "jobs.py": JOB})
    assert shell.run().findings == []
    shell.write({"pyproject.toml": '[tool.idem-lint]\nledger-writes = ["books.book"]\n'})
    ran = shell.run("--format", "json")
    assert [(row["code"], row["severity"]) for row in json.loads(ran.out)["findings"]] == [
        ("IDM102", "error")
    ]


JOB = """\
from django.core.management.base import BaseCommand

from books import book


class Command(BaseCommand):
    def handle(self, *args, **options):
        book(1)
"""
SURE = """\
from idem_runtime import ledger_write


@ledger_write
def book(amount): ...
"""


def test_a_sure_write_is_an_error_wherever_it_is(shell: Shell) -> None:
    shell.write({"books.py": SURE, "jobs.py": JOB})
    assert shell.run().findings == ["jobs.py:7 IDM102"]
    shell.write({"tests/test_jobs.py": JOB, "jobs.py": ""})
    assert shell.run().findings == []


def test_a_comment_silences_it(shell: Shell) -> None:
    job = JOB.replace("**options):", "**options):  # noqa: IDM102")
    shell.write({"books.py": SURE, "jobs.py": job})
    assert shell.run().findings == []


def test_rpcs_and_tools_outside_the_domains_are_named_as_what_they_are(shell: Shell) -> None:
    service = """\
import bank_pb2_grpc
from fastmcp import FastMCP

from books import book

server = FastMCP("bank")


class Bank(bank_pb2_grpc.BankServicer):
    def Transfer(self, request, context):
        book(1)


@server.tool
def pay(amount: int) -> None:
    book(amount)
"""
    shell.write({"books.py": SURE, "service.py": service})
    out = shell.run().out
    assert "IDM102 `Bank.Transfer` is an RPC outside every money domain and writes money" in out
    assert "IDM102 `pay` is an MCP tool outside every money domain and writes money" in out


def test_nothing_is_followed_where_no_rule_asks(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write({"models.py": MODELS, "wallet/tasks.py": TASKS})

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(MoneyMap, "add", refuse)
    with_it = shell.run("--no-cache")
    assert with_it.code == 2
    assert shell.run("--no-cache", "--select", "IDM0").findings == [
        f"wallet/tasks.py:{line} IDM001" for line in (21, 26, 31)
    ]


def test_what_the_advice_refers_to_is_there() -> None:
    anchors: set[tuple[str, str]] = set()
    for table in TABLES:
        anchors |= set(re.findall(r"(docs/\w+\.md)(?:#([\w-]+))?", table.advice))
    assert anchors
    for page, anchor in anchors:
        headings = re.findall(r"^#+ (.*)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
        slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in slugs, f"{page}#{anchor}"


def test_a_proto_file_that_cannot_be_parsed_is_said(shell: Shell) -> None:
    service = """\
import bank_pb2_grpc

from idem_runtime import money_moving


class Bank(bank_pb2_grpc.BankServicer):
    @money_moving
    def Transfer(self, request, context):
        return request
"""
    shell.write({"wallet/bank.py": service, "bank.proto": "service Bank { rpc"})
    ran = shell.run()
    assert ran.findings == []
    assert "bank.proto" in ran.out + ran.err and "cannot be parsed" in ran.out + ran.err
