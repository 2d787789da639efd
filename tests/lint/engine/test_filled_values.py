"""What a list of lists and a mapping with entries say, where a function decides by them or a part of them is filled."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.imports import ProjectModules, Sources
from idem_lint.engine.value_types import Items, Klass, Made, Value, options

CHOICE = """\
class First: ...
class Other: ...

def chosen(flags, first, other):
    if flags:
        return first
    return other

found = chosen({flags}, First(), Other())
"""


def _value(text: str, name: str, folder: Path) -> Value:
    path = folder / "service.py"
    path.write_text(text, encoding="utf-8")
    modules = ProjectModules(folder, [path], Sources(), frozenset())
    module = modules.load(path)
    assert module is not None
    return Evaluator(modules).lookup(name, module.scope, {})


@pytest.mark.parametrize(
    ("flags", "classes"),
    [
        ("{'write': False}", ["First"]),
        ("{}", ["Other"]),
        ("{key: True for key in ('write', 'read') if key}", ["First", "Other"]),
        ("{'write': False, **others}", ["First", "Other"]),
        ("[None]", ["First"]),
        ("[]", ["Other"]),
    ],
)
def test_a_function_decides_by_whether_there_is_anything_in_what_it_is_given(
    flags: str, classes: list[str], tmp_path: Path
) -> None:
    found = options(_value(CHOICE.replace("{flags}", flags), "found", tmp_path))
    made = [each.callee for each in found if isinstance(each, Made)]
    assert [each.node.name for each in made if isinstance(each, Klass)] == classes


@pytest.mark.parametrize("filled", ["rows[0].append(3)", "rows[1].extend([4])", "rows[0][2] = 1"])
def test_a_list_has_as_many_items_while_one_of_them_is_filled(filled: str, tmp_path: Path) -> None:
    value = _value(f"rows = [[1], [2]]\n{filled}\n", "rows", tmp_path)
    assert isinstance(value, Items)
    assert (len(value.items), value.complete) == (2, True)


def test_a_set_that_is_updated_with_nothing_is_as_it_was(tmp_path: Path) -> None:
    value = _value("rows = {1, 2}\nrows.update()\n", "rows", tmp_path)
    assert isinstance(value, Items)
    assert (len(value.items), value.complete) == (2, True)
