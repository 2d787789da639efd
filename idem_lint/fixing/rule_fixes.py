"""What can be mended without a judgement: marks in the wrong place of a stack, an opt-out that is a lie for sure, a reason
that only has to be written in another way.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping

from idem_lint.fixing.changes import Change, ChangedFile, Subject
from idem_lint.fixing.decorator_stacks import at_line, put_on, taken_off, to_the_bottom
from idem_lint.fixing.source_text import CannotChange, Edit
from idem_lint.fixing.syntax import Definition
from idem_lint.result_types import Handler, Mark
from idem_lint.rules.shared_phrases import mark_as_moving, where_to_put


def fix(file: ChangedFile, handler: Handler, code: str) -> Change:
    """The change that mends a finding. Raises CannotChange, with the reason, where that takes a judgement."""
    definition = file.syntax.definitions.get(handler.place.line)
    if definition is None:
        raise CannotChange("the handler has no definition there")
    return FIXES[code](file, handler, definition)


def _ineffective(file: ChangedFile, handler: Handler, definition: Definition) -> Change:
    """IDM003: the mark below every other decorator; without it, where another one of the same words is in force."""
    edits: list[Edit] = []
    done: list[str] = []
    in_force = handler.effective()
    for mark in (mark for mark in handler.marks if mark.problem):
        if mark.conditional:
            raise CannotChange(f"`{mark.written}` {mark.problem}")
        if mark.remedy:
            raise CannotChange(mark.remedy)
        number = _number(handler, definition, mark)
        same = [other for other in in_force if other.name == mark.name]
        if mark.refused and _is_carried(file, definition, number):
            edits += _out_of_its_carrier(file, handler, definition, number, mark)
            done.append(f"`{mark.written}` now stands directly above the function")
        elif not same:
            edits += to_the_bottom(file.syntax, definition, number)
            done.append(f"`{mark.written}` now stands directly above the function")
        elif _text(file, handler, definition, mark) in {
            _text(file, handler, definition, other) for other in same
        }:
            edits.append(taken_off(file.syntax, definition, number))
            done.append(f"`{mark.written}` that did nothing is gone, the other is in force")
        else:
            raise CannotChange(
                "the mark that does nothing and the one in force do not say the same; keep one of them"
            )
    return Change(Subject.of(handler, "IDM003"), "; ".join(done), tuple(edits))


def _is_carried(file: ChangedFile, definition: Definition, number: int) -> bool:
    """Whether the mark is handed to the decorator, instead of being it."""
    decorator = definition.decorators[number]
    expression = file.syntax.text[decorator.start : decorator.end]
    return expression.partition("(")[0].rpartition(".")[2] in {"decorate_view", "method_decorator"}


def _out_of_its_carrier(
    file: ChangedFile, handler: Handler, definition: Definition, number: int, mark: Mark
) -> list[Edit]:
    """``@decorate_view(mark)`` as the mark itself. Raises CannotChange where more than a mark is carried, or by name."""
    decorator = definition.decorators[number]
    place = decorator.first, decorator.start - file.syntax.line_start(decorator.first) + 1
    arguments = next(iter(file.syntax.calls.get(place, ())), ())
    if definition.is_class or len(arguments) != 1:
        raise CannotChange(_by_hand(handler, mark))
    text = file.syntax.text[arguments[0].start : arguments[0].end]
    return [taken_off(file.syntax, definition, number), put_on(file.syntax, definition, text)]


def _contradictory(file: ChangedFile, handler: Handler, definition: Definition) -> Change:
    """IDM002: without the opt-out, where the project itself says that a write of the ledger is reached."""
    writes = handler.money.writes if handler.money is not None else ()
    sure = next((write for write in writes if write.certainty == "sure"), None)
    if sure is None:
        raise CannotChange("which of the two is wrong takes a judgement: no write that is sure is reached")
    edits = [
        taken_off(file.syntax, definition, _number(handler, definition, mark))
        for mark in handler.marks
        if mark.name == "not_money_moving"
    ]
    what = f"the opt-out is gone: {sure.sink} in {sure.place.file}:{sure.place.line} is reached"
    return Change(Subject.of(handler, "IDM002"), what, tuple(edits))


def _without_reason(file: ChangedFile, handler: Handler, definition: Definition) -> Change:
    """IDM004: a reason that is there, in a form that the linter and a reader take."""
    edits = [
        _literal_reason(file, definition, _number(handler, definition, mark))
        for mark in handler.marks
        if mark.name == "not_money_moving" and not mark.has_reason
    ]
    return Change(Subject.of(handler, "IDM004"), "the reason is a literal `reason=`", tuple(edits))


def _literal_reason(file: ChangedFile, definition: Definition, number: int) -> Edit:
    decorator = definition.decorators[number]
    place = file.syntax.line_of(decorator.start)
    column = decorator.start - file.syntax.line_start(place) + 1
    calls = file.syntax.calls.get((place, column), ())
    for argument in (argument for arguments in calls for argument in arguments):
        if argument.keyword in (None, "reason"):
            reason = _text_of(file, file.syntax.text[argument.start : argument.end])
            if reason:
                name = "" if argument.keyword else "reason="
                return Edit(argument.start, argument.end, f"{name}{json.dumps(reason, ensure_ascii=False)}")
    raise CannotChange("why running it twice moves no money is for a person to say")


def _text_of(file: ChangedFile, expression: str, names: tuple[str, ...] = ()) -> str:
    """The text that an expression comes to: literals put together, and a name that the module gives one once. ``names``
    are those that led here.
    """
    try:
        tree = ast.parse(f"({expression})", mode="eval").body
    except SyntaxError:
        return ""
    return _constant(file, tree, names).strip()


def _constant(file: ChangedFile, node: ast.expr, names: tuple[str, ...]) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        parts = [_constant(file, part, names) for part in node.values]
        return "".join(parts) if all(parts) else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _constant(file, node.left, names), _constant(file, node.right, names)
        return left + right if left and right else ""
    known = file.syntax.constants.get(node.id, []) if isinstance(node, ast.Name) else []
    if isinstance(node, ast.Name) and len(known) == 1 and node.id not in names:
        start, end = known[0]
        return _text_of(file, file.syntax.text[start:end], (*names, node.id))
    return ""


def _number(handler: Handler, definition: Definition, mark: Mark) -> int:
    """Which decorator of the handler a mark is. Raises CannotChange where it is none of its own."""
    number = at_line(definition, mark.place.line) if mark.place.file == handler.place.file else None
    if number is None:
        raise CannotChange(_by_hand(handler, mark))
    return number


def _by_hand(handler: Handler, mark: Mark) -> str:
    """What a person has to do about a mark that cannot be moved mechanically."""
    advice = (
        mark_as_moving(handler) if mark.name == "money_moving" else where_to_put(handler, f"@{mark.name}")
    )
    return f"`{mark.written}` ({mark.place.file}:{mark.place.line}) is no decorator of its own; {advice}"


def _text(file: ChangedFile, handler: Handler, definition: Definition, mark: Mark) -> str:
    """A mark among the handler's decorators, with what it is given, as it is written."""
    number = at_line(definition, mark.place.line)
    if number is None or mark.place.file != handler.place.file:
        return ""
    decorator = definition.decorators[number]
    return file.syntax.text[decorator.start : decorator.end]


FIXES: Mapping[str, Callable[[ChangedFile, Handler, Definition], Change]] = {
    "IDM002": _contradictory,
    "IDM003": _ineffective,
    "IDM004": _without_reason,
}
"""The rules whose findings may be mended."""
