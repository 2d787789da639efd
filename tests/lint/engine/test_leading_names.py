"""Calls that are passed over by their name alone lose no handler: whatever may register is looked into."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.imports import ProjectModules, Sources
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.value_types import Func, Lambda
from idem_lint.finding.find_handlers import Finder
from idem_lint.finding.leading_names import LeadingNames
from idem_lint.finding.registering_functions import Studies
from idem_lint.judging.project_verdicts import Project
from idem_lint.result_types import FileReport
from idem_lint.running.project_run import inventory, to_list
from idem_lint.settings.config import Config
from tests.lint.casecheck import CASES
from tests.lint.engine.evaluated_projects import PROJECTS
from tests.lint.frameworks.annotated import check_source, sources

APP = """
--- core/web.py
from fastapi import FastAPI

app = FastAPI()


def register(path, function):
    app.add_api_route(path, function, methods=["POST"])


def quiet(path, function):
    return path, function
"""
UNDECIDED = APP.replace('"])', '"])  # undecided')
PLAIN = APP.partition("\n\ndef register")[0]
UNREAD = "def transfer(amount: int):\n    return amount\n"
HANDLER = """
def transfer(amount: int):  # found
    return amount

"""

LEADING = sources(
    f"""
### a method of any name
from core.web import app


class Hub:
    def attach(self, path, function):
        app.add_api_route(path, function, methods=["POST"])


hub = make_it() or Hub()

{HANDLER}
hub.attach("/a", transfer)
{PLAIN}
### a name of a class that is bound to a function
from core.web import register


class Hub:
    attach = staticmethod(register)

{UNREAD}
Hub().attach("/a", transfer)
{UNDECIDED}
### a function of a module that another module gives another name
from core import hub

{HANDLER}
hub.attach("/a", transfer)
--- core/hub.py
from core.web import register as attach
{APP}
### a name that a lazy package gives
import core

{HANDLER}
core.attach("/a", transfer)
--- core/__init__.py
import importlib

_NAMES = {{"attach": "register"}}


def __getattr__(name):
    return getattr(importlib.import_module("core.web"), _NAMES[name])
{APP}
### an attribute of a plain object
from types import SimpleNamespace

from core.web import register

hub = SimpleNamespace(attach=register)

{HANDLER}
hub.attach("/a", transfer)
{APP}
### a field of a named tuple
from collections import namedtuple

from core.web import register

_FIELDS = ("fasten", "other")
Hub = namedtuple("Hub", "attach, other")
Other = namedtuple("Other", _FIELDS)
print(namedtuple("Unused", "one two"))
hub = Hub(register, 1)
other = Other(register, 1)

{HANDLER}
hub.attach("/a", transfer)


def refund(amount: int):  # found
    return amount


other.fasten("/b", refund)
{APP}
### an attribute that a decorator notes
from core.web import register


def noting(function):
    function.attach = register
    return function


@noting
def hub(): ...

{HANDLER}
hub.attach("/a", transfer)
{APP}
### a field of a dataclass
from collections.abc import Callable
from dataclasses import dataclass

from core.web import register


@dataclass
class Hub:
    attach: Callable[..., None]

{UNREAD}
Hub(register).attach("/a", transfer)
{UNDECIDED}
### an attribute of an object
from core.web import register


class Hub:
    def __init__(self, function):
        self.attach = function

{UNREAD}
Hub(register).attach("/a", transfer)
{UNDECIDED}
### a member of a class that type() makes
from core.web import register

Hub = type("Hub", (), {{"attach": staticmethod(register)}})
Other = type("Other", (), dict(fasten=staticmethod(register)))

{UNREAD}
Hub().attach("/a", transfer)


def refund(amount: int):
    return amount


Other().fasten("/b", refund)
{UNDECIDED}
### a method that is put on a class
from core.web import register


class Hub:
    pass


def attach(self, path, function):
    register(path, function)


Hub.fasten = attach

{HANDLER}
Hub().fasten("/a", transfer)
{APP}
### a property that gives what registers
from core.web import register


class Hub:
    @property
    def attach(self):
        return register

{HANDLER}
Hub().attach("/a", transfer)
{APP}
### methods that call each other, many deep
from core.web import register


class Hub:
"""
    + "".join(
        f"""
    def attach_{number}(self, path, function):
        self.attach_{number - 1}(path, function)
"""
        for number in range(17, 0, -1)
    )
    + f"""
    def attach_0(self, path, function):
        register(path, function)

{HANDLER}
Hub().attach_17("/a", transfer)
{APP}
### methods that lead back to each other
from core.web import register


class Hub:
    def attach(self, path, function, left=1):
        self.fasten(path, function, left)  # undecided

    def fasten(self, path, function, left):
        if left:
            self.attach(path, function, left - 1)
        else:
            register(path, function)

{UNREAD}
Hub().attach("/a", transfer)
{APP}
### a function that calls what it is given
from core import web


def run(action, *given):
    return action(*given)


def at(action, path="/c", function=None, log=print):
    log(path)
    return action(path, function)

{HANDLER}

def refund(amount: int):  # found
    return amount


def payout(amount: int):  # found
    return amount


def quiet(amount: int):
    return amount


run(web.register, "/a", transfer)
at(action=web.register, path="/b", function=refund)
at(lambda path, function: web.register(path, function), function=payout)
at(web.quiet, "/d", quiet)
at(print, "/d", quiet)
at(*[web.quiet], "/d", quiet)
{APP}
### either of two parameters is called
from core import web


def at(first, second, path, function):
    return (first or second)(path, function)

{HANDLER}

def refund(amount: int):  # found
    return amount


at(web.register, None, "/a", transfer)
at(None, web.register, "/b", refund)
{APP}
### a method of a parameter is called
from core import web


class Hub:
    def attach(self, path, function):
        web.register(path, function)


def at(hub, path, function):
    return hub.attach(path, function)

{HANDLER}

def quiet(amount: int):
    return amount


at(Hub(), "/a", transfer)
at("hub", "/b", quiet)
{APP}
### a default that registers what the function is given
from core import web


def at(path, function, action=web.register, *, log=print):
    log(path)
    return action(path, function)


class Hub:
    def fasten(self, path, function, *, action=web.register):
        return action(path, function)

    def loosen(self, path, function, action=None):
        return action(path, function)

{HANDLER}

def refund(amount: int):  # found
    return amount


def quiet(amount: int):
    return amount


at("/a", transfer)
Hub().fasten("/b", refund)
Hub().loosen("/c", quiet)
{APP}
### a method of an object is given, which registers
from core import web


class Hub:
    def fasten(self, path, function):
        web.register(path, function)

    def loosen(self, path, function):
        web.quiet(path, function)


def at(action, path, function):
    return action(path, function)

{HANDLER}

def quiet(amount: int):
    return amount


at(Hub().fasten, "/a", transfer)
at(Hub().loosen, "/b", quiet)
{APP}
### rows of functions are given
from core import web


def every(actions, path, function):
    for action in actions:
        action(path, function)


def named(table, path, function):
    table.get("post")(path, function)

{UNREAD}
every([web.register], "/a", transfer)
every([web.quiet], "/b", transfer)
named({{"post": web.quiet}}, "/b", transfer)
{UNDECIDED}
"""
)


@pytest.mark.parametrize("source", LEADING)
def test_what_registers_by_a_name_of_the_project_is_looked_into(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)


def test_a_parameter_that_the_configuration_names_registers(tmp_path: Path) -> None:
    files = {
        "core/web.py": "def quiet(path, function):\n    return path, function\n",
        "wallet/app.py": "from core import web\n\n\ndef at(action, path, function):\n    return action(path, function)\n\n\n"
        "def transfer(amount: int):\n    return amount\n\n\nat(web.quiet, '/a', transfer)\n",
    }
    _write(files, tmp_path)
    plain = Config(root=tmp_path, all_domains=True)
    assert [handler.qualname for handler in inventory([tmp_path], plain).handlers] == []
    configured = plain._replace(routers={"core.web.quiet": "POST"})
    assert [handler.qualname for handler in inventory([tmp_path], configured).handlers] == ["transfer"]


def test_a_study_that_the_stack_was_too_small_for_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, failed = Studies.__dict__["_study"], list[str]()

    def too_deep_at_first(studies: Studies, outer: Scope) -> None:
        if outer.qualname == "at" and not failed:
            failed.append(outer.qualname)
            raise RecursionError
        study(studies, outer)

    monkeypatch.setattr(Studies, "_study", too_deep_at_first)
    files = {
        "wallet/app.py": "from fastapi import FastAPI\n\napp = FastAPI()\n\n\ndef at(path, function):\n    app.post(path)(function)\n\n\n"
        "def transfer(amount: int):\n    return amount\n\n\nat('/a', transfer)\n",
    }
    _write(files, tmp_path)
    found = inventory([tmp_path], Config(root=tmp_path, all_domains=True)).handlers
    assert failed
    assert [handler.qualname for handler in found] == ["transfer"]


def test_modules_that_come_into_view_later_count(tmp_path: Path) -> None:
    _write({"a.py": "def other(): ...\n", "b.py": "pick = fasten = print\n"}, tmp_path)
    modules = ProjectModules(tmp_path, sorted(tmp_path.iterdir()), Sources(), frozenset())
    names = LeadingNames(Evaluator(modules), _NothingRegisters(), modules.in_view)
    modules.load(tmp_path / "a.py")
    assert [names.may_lead(name) for name in ("other", "pick")] == [False, False]
    modules.load(tmp_path / "b.py")
    assert [names.may_lead(name) for name in ("other", "pick")] == [False, True]


class _NothingRegisters:
    def registers(self, function: Func | Lambda) -> bool:
        return function.node is None


def _write(files: dict[str, str], folder: Path) -> None:
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")


@pytest.mark.slow  # each twice
@pytest.mark.parametrize("framework", sorted(path.name for path in CASES.iterdir() if path.is_dir()))
def test_nothing_is_lost_by_looking_at_names_first(framework: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [path for path in sorted((CASES / framework).iterdir()) if path.is_dir()]
    found = [_reports(folder) for folder in folders]
    _look_into_everything(monkeypatch)
    assert found == [_reports(folder) for folder in folders]


@pytest.mark.parametrize("name", PROJECTS)
def test_nothing_is_lost_in_a_project_of_its_own_names(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(PROJECTS[name], tmp_path)
    found = _reports(tmp_path)
    _look_into_everything(monkeypatch)
    assert found == _reports(tmp_path)


def _look_into_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def every_name(_finder: Finder) -> None:
        return None

    def not_known(_studies: Studies, _function: Func | Lambda) -> None:
        return None

    monkeypatch.setattr(Finder, "_leading_names", every_name)
    monkeypatch.setattr(Studies, "called_parameters", not_known)


def _reports(root: Path) -> dict[str, FileReport]:
    files = sorted(root.rglob("*.py"))
    reports = Project(Config(root=root, all_domains=True)).reports(files, follow=to_list())
    return {report.file: report for report in reports}
