"""Sources nested deeper than Python's stack: an error of that file, or a handler all the same; never an exception."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from idem_lint.engine.deep_stack import with_deep_stack
from idem_lint.judging.project_verdicts import Project
from idem_lint.result_types import FileReport
from idem_lint.settings.config import Config

HEAD = "from flask import Flask\nfrom flask.views import MethodView\napp = Flask(__name__)\n"
POST = "@app.post('/transfers')\ndef transfer(): ...\n"
DEEP = 3000


def _stairs(head: str, levels: int) -> str:
    return (
        "".join(" " * level + head.format(level) + "\n" for level in range(levels)) + " " * levels + "pass\n"
    )


# What nests, and how often: more levels than the stack has, or than the parser takes.
SHAPES: dict[str, str] = {
    "calls": "x = " + "f(" * DEEP + ")" * DEEP,
    "calls of calls": "x = app" + "()" * DEEP,
    "calls of methods": "x = app" + ".post('/x')" * DEEP,
    "calls in a decorator": "@app" + ".post('/x')" * DEEP + "\ndef handler(): ...",
    "attributes": "x = app" + ".state" * DEEP,
    "attributes in a decorator": "@app" + ".state" * DEEP + ".post('/x')\ndef handler(): ...",
    "attributes in a base": "class View(base" + ".inner" * DEEP + "):\n def post(self): ...",
    "lists": "x = " + "[" * DEEP + "]" * DEEP,
    "lists of methods": "@app.route('/x', methods=" + "[" * 150 + "'POST'" + "]" * 150 + ")\ndef handler(): ...",
    "items": "x = app" + "[0]" * DEEP,
    "sums": "@app.route('/x', methods=" + "+".join(["['POST']"] * DEEP) + ")\ndef handler(): ...",
    "an annotation": "def register(r: " + "|".join(["Flask"] * DEEP) + "):\n r.post('/x')(transfer)",
    "negations": "x = " + "not " * DEEP + "1",
    "lambdas": "x = " + "lambda: " * DEEP + "1\napp.post('/x')(x)",
    "conditions": "x = " + "a if b else " * DEEP + "c\napp.post('/x')(x)",
    "one else-if after the other": "if a:\n ...\n" + "elif b:\n ...\n" * 900,
    "ifs": _stairs("if x:", 130),
    "functions": _stairs("def f{}():", 130),
    "classes": _stairs("class C{}:", 130),
    "a family, youngest first": "".join(f"class C{n}(C{n + 1}): ...\n" for n in range(700)) + "class C700(MethodView): ...",
    "decorators": "def same(f): return f\n" + "@app.post('/x')\n" + "@same\n" * 300 + "def handler(): ...",
    "what is added to a list": "m = []\n" + "m += ['POST']\n" * 900 + "@app.route('/x', methods=m)\ndef handler(): ...",
    "names for names": "a0 = app\n" + "".join(f"a{n + 1} = a{n}\n" for n in range(DEEP)) + f"a{DEEP}.post('/x')(transfer)",
    "own key tables": "class IdempotencyKey(db" + ".inner" * 900 + ".Model): ...",
}  # fmt: skip
# What Python itself reads, however deep: the handler is found. Python 3.12 reads 2,000 levels, whatever the stack.
READ = set() if sys.version_info[:2] == (3, 12) else {
    "one else-if after the other", "a family, youngest first", "what is added to a list", "calls of methods", "sums",
    "attributes", "conditions", "items", "an annotation",
}  # fmt: skip


def _reports(source: str, folder: Path) -> list[FileReport]:
    config, path = Config(root=folder, all_domains=True), folder / "wallet" / "routes.py"
    return Project(config, overlay={path: source.encode()}).reports([path])


@pytest.mark.parametrize("name", SHAPES)
def test_the_handler_is_found_or_the_file_is_an_error_that_python_has_too(name: str, tmp_path: Path) -> None:
    (report,) = _reports(f"{HEAD}{POST}{SHAPES[name]}\n", tmp_path)
    assert report.error is None or name not in READ
    assert report.error is not None or "transfer" in {handler.qualname for handler in report.handlers}


@pytest.fixture
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that gives no thread a larger stack."""

    def refuse(size: int = 0) -> int:
        raise ValueError(f"size not valid: {size} bytes")

    monkeypatch.setattr(threading, "stack_size", refuse)


TOO_DEEP: dict[str, str] = {
    "for the evaluation": SHAPES["a family, youngest first"],
    "for the parser": "x = app"
    + ".post('/x')" * 20 * DEEP,  # newer parsers read more levels without a larger stack
}


@pytest.mark.usefixtures("shallow")
@pytest.mark.parametrize("shape", TOO_DEEP.values(), ids=TOO_DEEP)
def test_the_error_says_that_the_file_nests_too_deeply(shape: str, tmp_path: Path) -> None:
    errors = [report.error for report in _reports(f"{HEAD}{POST}{shape}\n", tmp_path)]
    assert [error and error.what for error in errors] == ["it is nested too deeply to read"]


@pytest.mark.usefixtures("shallow")
def test_a_stack_that_the_system_does_not_give_is_a_recursion_error() -> None:
    with pytest.raises(RecursionError, match="the system gives no larger stack"):
        with_deep_stack(int)


@pytest.mark.usefixtures("shallow")
def test_other_files_are_judged_beside_one_that_is_given_up(tmp_path: Path) -> None:
    deep, plain = tmp_path / "wallet" / "deep.py", tmp_path / "wallet" / "routes.py"
    sources = {deep: HEAD + SHAPES["a family, youngest first"], plain: HEAD + POST}
    project = Project(
        Config(root=tmp_path, all_domains=True),
        overlay={path: text.encode() for path, text in sources.items()},
    )
    first, second = project.reports([deep, plain])
    assert first.error is not None
    assert [handler.qualname for handler in second.handlers] == ["transfer"]
