"""Calls of the project's own functions that keep a handler for something out of sight: IDM006 says so where a verb does."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config

HANDLER = "\n\ndef transfer(request):  # here\n    return request\n\n\n"
TABLE = "TABLE = []\n\n\ndef add(verb, path, view, *more, **rest):\n    TABLE.append((verb, path, view))\n"
ROUTER = """
class Router:
    def __init__(self):
        self.table = {}

    def add(self, verb, path, view):
        self.table[verb, path] = view

    def post(self, path, view):
        self.add("POST", path, view)

    def call(self, verb, path, view):
        return view(verb, path)


router = Router()
"""


def _codes(folder: Path, files: dict[str, str]) -> list[tuple[str, bool]]:
    """The code of each finding, and whether it stands where the handler does."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    found = check([folder], Config(root=folder, all_domains=True)).findings
    return [
        (each.code, files[Path(each.file).name].splitlines()[each.line - 1].endswith("# here"))
        for each in found
    ]


@pytest.mark.parametrize("head", ["import flask\n", "from wsgiref.simple_server import make_server\n"])
@pytest.mark.parametrize(
    ("keeper", "call"),
    [
        (ROUTER, "router.add('POST', '/a', transfer)"),
        (ROUTER, "router.add('POST', '/a', view=transfer)"),
        (ROUTER, "router.post('/a', transfer)"),
        (TABLE, "add('post', '/a', transfer)"),
        (TABLE, "add('POST', '/a', None, transfer)"),
        (TABLE, "add(path='/a', verb='POST', view=transfer)"),
        (TABLE, "add('POST', '/a', None, handler=transfer)"),
    ],
)
def test_a_call_that_keeps_a_handler_of_post_is_said(
    head: str, keeper: str, call: str, tmp_path: Path
) -> None:
    assert _codes(tmp_path, {"app.py": f"{head}{keeper}{HANDLER}{call}\n"}) == [("IDM006", True)]


@pytest.mark.parametrize(
    ("keeper", "call"),
    [
        (ROUTER, "router.add('GET', '/a', transfer)"),
        (ROUTER, "router.add('paid', '/a', transfer)"),
        (ROUTER, "router.call('POST', '/a', transfer)"),
        (TABLE, "add('PUT', '/a', transfer)"),
        (TABLE, "add('POST', '/a', transfer('x'))"),
        (TABLE, "add('POST', '/a', 'transfer')"),
        ("class Plain:\n    def __init__(self, verb, view):\n        pass\n", "Plain('POST', transfer)"),
    ],
)
def test_a_call_that_keeps_no_handler_of_post_is_quiet(keeper: str, call: str, tmp_path: Path) -> None:
    assert _codes(tmp_path, {"app.py": f"import flask\n{keeper}{HANDLER}{call}\n"}) == []


def test_where_nothing_serves_a_call_is_quiet(tmp_path: Path) -> None:
    source = f"import json\n{ROUTER}{HANDLER}router.add('POST', '/a', transfer)\n"
    assert _codes(tmp_path, {"app.py": source}) == []


def test_a_class_that_is_kept_without_a_verb_is_quiet(tmp_path: Path) -> None:
    source = (
        f"import flask\n{TABLE}\n\nclass Journal:\n    def post(self, entry):\n        return entry\n\n\n"
    )
    assert _codes(tmp_path, {"app.py": f"{source}add('x', 'y', Journal)\n"}) == []


def test_what_a_table_is_filled_with_under_another_name_is_said(tmp_path: Path) -> None:
    loop = "def install(app):\n    for verb, path, view in TABLE:\n        app.add_url_rule(path, 'x', view, methods=[verb])\n"
    files = {
        "core.py": f"{TABLE}\n\n{loop}",
        "app.py": f"import flask\nimport core\n\nput = core.add\n{HANDLER}put('POST', '/a', transfer)\nput('GET', '/b', print)\n",
    }
    assert ("IDM006", True) in _codes(tmp_path, files)
