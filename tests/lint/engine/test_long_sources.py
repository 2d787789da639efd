"""What is twice as long is twice the work: long tables of branches, long stacks of decorators."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from idem_lint.engine.value_types import Either, External, options
from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config
from tests.lint.engine.evaluated_projects import APP

HEAD = f"{APP}\n\ndef handler(): ...\n\n\n"


def _branches(count: int) -> str:
    lines = (f"if FLAG{number}:\n    path = '/{number}'\n" for number in range(count))
    return f"{HEAD}path = '/wallet'\n{''.join(lines)}app.post(path)(handler)\n"


def _arguments(count: int) -> str:
    lines = (f"    if kind == {number}:\n        path = '/{number}'\n" for number in range(count))
    return f"{HEAD}def make(path, kind):\n{''.join(lines)}    return app.post(path)\n\n\nmake('/x', input())(handler)\n"


def _attempts(count: int) -> str:
    lines = (
        f"try:\n    import a{number}\n    path = '/{number}'\nexcept ImportError:\n    path = '/b{number}'\n"
        for number in range(count)
    )
    return f"{HEAD}path = '/wallet'\n{''.join(lines)}app.post(path)(handler)\n"


def _stack(decorator: str) -> Callable[[int], str]:
    own = "def own(function):\n    return function\n\n\n"
    return lambda count: f"{APP}{own}@app.post('/x')\n{decorator * count}def handler(): ...\n"


def _chain(count: int) -> str:
    return f"{HEAD}app.post('/x')(handler)\nimport client\n\nclient.open(){'.next()' * count}\n"


SOURCES: dict[str, Callable[[int], str]] = {
    "calls of what calls give": _chain,
    "branches that assign": _branches,
    "branches that arguments decide": _arguments,
    "imports that are tried": _attempts,
    "decorators of the project": _stack("@own\n"),
    "decorators that nobody can read": _stack("@unknown.other\n"),
}


def _calls(source: str, folder: Path, name: str = "") -> int:
    """How many calls of Python functions (and rounds of generators) an inventory of a source takes; of those with a name."""
    (folder / "wallet.py").write_text(source)
    count = 0

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call" and name in {"", frame.f_code.co_name}

    before = sys.getprofile(), threading.getprofile()
    gc.collect()
    gc.disable()  # what is collected meanwhile may have functions to call, whoever left it
    sys.setprofile(profile)
    threading.setprofile(profile)  # what is deep goes on in a thread with a stack of its own
    try:
        found = inventory([folder], Config(root=folder), is_cached=False)
    finally:
        sys.setprofile(before[0])
        threading.setprofile(before[1])
        gc.enable()
    assert [handler.qualname for handler in found.handlers] == ["handler"]
    return count


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_is_twice_as_long_is_twice_the_work(name: str, tmp_path: Path) -> None:
    make = SOURCES[name]
    _calls(make(3), tmp_path)  # what is made once for the process
    short, middle, long = (_calls(make(count), tmp_path) for count in (50, 100, 200))
    assert long - middle < 2.5 * (middle - short)


def _noted(attribute: str, count: int) -> str:
    """Functions with something noted on them."""
    note = f"def note(text):\n    def put(function):\n        function.{attribute} = text\n        return function\n\n    return put\n"
    noted = (f"@note('/{number}')\ndef step{number}(): ...\n" for number in range(count))
    return f"{HEAD}app.post('/x')(handler)\n{note}{''.join(noted)}"


@pytest.mark.parametrize("attribute", ["step", "__doc__"])
def test_what_is_noted_and_never_read_is_not_tried_where_a_scan_registers(
    attribute: str, tmp_path: Path
) -> None:
    scan = "import plugins\n\nfor found in plugins.every():\n    app.post(found.path)(found.view)\n"

    def tried(count: int) -> int:
        noted = _noted(attribute, count)
        return _calls(noted + scan, tmp_path, "_call") - _calls(noted, tmp_path, "_call")

    assert tried(1) == tried(40)


def test_alternatives_that_share_alternatives_are_gone_through_once() -> None:
    value = Either((External("a"), External("b")))
    for _ in range(100):
        value = Either((value, value))
    assert list(options(value)) == [External("a"), External("b")]
