"""``idem-lint why``: how the calls around a line were resolved, and where the search stopped."""

from __future__ import annotations

import pytest

from tests.lint.front.project import Shell

LEDGER = """\
from idem_runtime import ledger_write


@ledger_write
def book(amount): ...


class Ledger:
    def __init__(self):
        self.lines = []

    def post(self, amount):
        book(amount)


class Plain:
    name = "plain"
"""
ROUTES = """\
import functools
import logging

from celery import shared_task
from fastapi import APIRouter, Depends

import ledger
from ledger import Ledger, Plain, book

router = APIRouter()
log = logging.getLogger()


def get_ledger() -> Ledger: ...


@shared_task
def later(amount):
    book(amount)


def here(amount): ...


@router.post("/transfers")
def transfer(amount: int, hook, annotated: Ledger, given=Depends(get_ledger)):
    here(amount)
    book(amount)
    Ledger().post(amount)
    Ledger()
    Plain()
    annotated.post(amount)
    given.post(amount)
    later.delay(amount)
    functools.reduce(here, [])
    log.info("done")
    hook(amount)
    (amount < 1)(amount)
    (lambda: 1)()
    [].append(1)
    wrapped(amount)


@router.post("/plugins")
def pay_by_plugin(amount: int, plugin):
    plugin(amount)


@router.post("/notes")
def note(text: str):
    return text


@router.get("/links")
def link(text: str):
    return text


TOP = 1
wrapped = shared_task(here)
"""


@pytest.fixture
def project(shell: Shell) -> Shell:
    shell.write({"ledger.py": LEDGER, "routes.py": ROUTES})
    return shell


def test_every_call_says_how_it_was_resolved_or_why_not(project: Shell) -> None:
    ran = project.run("why", "routes.py:25")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == "routes.py:26  transfer"
    assert lines[1] == "    routes.py:26  transfer (…/transfers)  [sure, ledger, unmarked]"
    calls = {line.split("  ")[3]: line for line in lines if line.startswith("    ") and "(…)  " in line}
    expected = {
        "here(…)": "calls: by its name, in this module",
        "book(…)": "calls: by its name, from ledger",
        "Ledger().post(…)": "calls: a method, because the receiver is a `Ledger`",
        "Ledger(…)": "calls: makes a `Ledger`",
        "Plain(…)": "calls: makes a `Plain`, which runs no code of the project",
        "annotated.post(…)": "calls: by an annotation, a default or what is injected",
        "given.post(…)": "calls: by an annotation, a default or what is injected",
        "later.delay(…)": "calls: handed on, to be run later",
        "functools.reduce(…)": "calls: given to functools.reduce, which may run it",
        "wrapped(…)": "calls: by its name, in this module",
        "log.info(…)": "calls: of a package, logging.getLogger.info",
        "hook(…)": "stops: the parameter `hook` says nothing of what it is",
    }
    assert {name: calls[name].split("  ", 4)[-1] for name in expected} == expected
    assert "  stops: " in calls["amount < 1(…)"]
    assert "        -> ledger.py:12  Ledger.post" in lines
    assert lines[-1].endswith(" calls, 2 not resolved")


def test_the_line_of_a_call_shows_that_call_alone(project: Shell) -> None:
    out = project.run("why", "routes.py:28", "routes.py", "ledger.py").out
    assert "    28  book(…)" in out
    assert "here(…)" not in out
    assert out.endswith("1 call, 0 not resolved\n")


def test_a_function_that_is_no_entry_point_says_who_leads_to_it(project: Shell) -> None:
    out = project.run("why", "ledger.py:13").out
    assert "ledger.py:12  Ledger.post\n    no entry point itself\n" in out
    project.write({"more.py": MANY})
    out = project.run("why", "ledger.py:5").out
    assert "It calls nothing." in out
    assert "On the way to a write from 14 entry points:" in out
    assert "    routes.py:26  transfer\n" in out
    assert "    and 4 more\n" in out


MANY = "import click\nfrom ledger import book\n" + "".join(
    f"\n\n@click.command()\ndef command_{number}():\n    book(1)\n" for number in range(12)
)


def test_an_entry_point_without_a_write_says_what_was_not_resolved(project: Shell) -> None:
    out = project.run("why", "routes.py:45").out
    assert "    is a handler, and no write was found from it\n    not resolved on its ways: plugin\n" in out
    assert "    is a handler, and no write was found from it\n\n" in project.run("why", "routes.py:50").out
    assert "    is a handler, and no write was found from it\n\n" in project.run("why", "routes.py:55").out


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("routes.py", "name a line as FILE:LINE"),
        (":3", "name a line as FILE:LINE"),
        ("routes.py:x", "name a line as FILE:LINE"),
        ("gone.py:3", "gone.py: no such file"),
        ("routes.py:1", "routes.py:1: no function is around this line\n"),
        ("routes.py:3", "routes.py:3: no function is around this line\n"),
        ("routes.py:10", "routes.py:10: no function is around this line, or the file is not looked at"),
        ("routes.py:999", "lines, and no line 999"),
        ("routes.py:0", "lines, and no line 0"),
        ("notes.txt:1", "notes.txt:1: no function is around this line"),
        ("broken.py:1", "broken.py:1: no function is around this line, or the file is not looked at"),
    ],
)
def test_a_place_that_is_none_is_wrong_usage(project: Shell, place: str, said: str) -> None:
    project.write({"notes.txt": "words\n", "broken.py": "def (\n"})
    ran = project.run("why", place)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
