"""Which decorators are marks: ours under any name, a company's own (``extend-marks``), and lookalikes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.value_types import Const, External, Func, Items, Klass, Made, Member, Value, options
from idem_lint.result_types import MarkName

RUNTIME = "idem_runtime"
MARKS: dict[str, MarkName] = {"money_moving": "money_moving", "not_money_moving": "not_money_moving"}
# Decorators that put other decorators, given as arguments, on what they decorate.
_CARRIERS = frozenset({"method_decorator", "decorate_view"})
_FOLDED = {name.replace("_", "") for name in MARKS}


@dataclass(frozen=True, slots=True)
class Use:
    """A mark in use: its name, and what ``@not_money_moving`` was given (see ``handlers.Mark``)."""

    name: MarkName
    has_reason: bool = False
    reason: str | None = None
    until: str | None = None
    member: str | None = None
    is_external: bool = False
    vouches: bool = False
    has_key: bool = False
    has_operation: bool = False


class Marks:
    """Recognises marks. ``extended`` maps dotted names to the mark they imply."""

    def __init__(self, evaluator: Evaluator, extended: Mapping[str, MarkName]) -> None:
        self.evaluator = evaluator
        self.extended = extended

    def uses(self, value: Value) -> Iterator[Use]:
        """The marks that a decorator applies; those inside ``method_decorator(…)`` name the member they are for."""
        for option in options(value):
            made = option if isinstance(option, Made) else None
            callee = _callee(option)  # a ``functools.partial`` of a mark is one, called or not
            callee = _callee(callee.callee) if isinstance(callee, Made) else callee
            if made is not None and isinstance(callee, External) and callee.name.endswith(tuple(_CARRIERS)):
                yield from self._carried(made)
                continue
            name = self._name(callee)
            if name is not None:
                use = self._use(name, made)
                # what a company's own mark takes for the effect, and for the operation, is not known
                is_ours = isinstance(callee, External) and callee.name.startswith(f"{RUNTIME}.")
                yield use if is_ours else replace(use, is_external=True, has_operation=True)

    def _carried(self, made: Made) -> Iterator[Use]:
        names = [word.value for word in made.call.keywords if word.arg == "name"]
        texts = [
            node.value for node in names if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        member = texts[0] if texts else None
        for node in made.call.args:
            value = self.evaluator.evaluate(node, made.scope, made.environment)
            for item in value.items if isinstance(value, Items) else (value,):
                for use in self.uses(item):
                    yield replace(use, member=member)

    def _name(self, callee: Value) -> MarkName | None:
        if isinstance(callee, External):
            top, _, name = callee.name.rpartition(".")
            if top.partition(".")[0] == RUNTIME and name in MARKS:
                return MARKS[name]
            return self.extended.get(callee.name)
        if isinstance(callee, Func | Klass):
            dotted = f"{callee.module.name}.{callee.scope.child_name(callee.node.name)}"
            for name, mark in self.extended.items():
                if f".{dotted}".endswith(f".{name}"):
                    return mark
        return None

    def _use(self, name: MarkName, made: Made | None) -> Use:
        words = {word.arg: word.value for call in _calls(made) for word in call.keywords}
        text = _reason(words.get("reason"), made)
        is_given = text is not None and bool(text.strip())
        reason_given = text if is_given else None
        return Use(
            name,
            is_given,
            reason_given,
            _until(words.get("until")),
            is_external=_is_external(words.get("effect")),
            vouches=_is_given(words.get("connection")) or None in words,
            has_key=_is_given(words.get("key")) or None in words,
            has_operation=_is_given(words.get("operation")) or None in words,
        )

    def origin(self, value: Value) -> str:
        """Where a decorator comes from, for people."""
        option = next(iter(options(value)))
        callee = option.callee if isinstance(option, Made) else option
        if isinstance(callee, External):
            return callee.name
        if isinstance(callee, Func | Klass):
            name = callee.scope.child_name(callee.node.name).partition(".<locals>")[
                0
            ]  # the decorator, not its wrapper
            return f"{callee.module.name}.{name}"
        return getattr(callee, "why", "something that cannot be told from the source")


def _reason(node: ast.expr | None, made: Made | None) -> str | None:
    """The text of ``reason=``: a literal, or one that stands where a function of the project is called that makes the
    mark (``@reads("a search")``).
    """
    if isinstance(node, ast.Name) and made is not None:
        given = made.environment.get((id(made.scope.node), node.id))
        return given.value if isinstance(given, Const) and isinstance(given.value, str) else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _callee(value: Value) -> Value:
    while (
        isinstance(value, Made)
        and isinstance(value.callee, Member)
        and value.callee.name == "functools.partial"
    ):
        value = value.callee.owner
    return value


def _calls(value: Value | None) -> list[ast.Call]:
    """The call of a mark, after those of the ``functools.partial`` that it was given to."""
    calls: list[ast.Call] = []
    while isinstance(value, Made):
        calls.insert(0, value.call)
        value = value.callee.owner if isinstance(value.callee, Member) else value.callee
    return calls


def is_lookalike(written: str) -> bool:
    """Whether a decorator has a mark's name, whatever its case and underscores."""
    return written.rpartition(".")[2].replace("_", "").lower() in _FOLDED


def _is_external(node: ast.expr | None) -> bool:
    """Whether ``effect=`` says external, or says something that only running it would tell."""
    return node is not None and not (isinstance(node, ast.Constant) and node.value == "local")


def _is_given(node: ast.expr | None) -> bool:
    return node is not None and not (isinstance(node, ast.Constant) and node.value is None)


def _until(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Call) and len(node.args) == 3:
        parts = [item.value for item in node.args if isinstance(item, ast.Constant)]
        numbers = [part for part in parts if isinstance(part, int)]
        if len(numbers) == 3:
            return f"{numbers[0]:04d}-{numbers[1]:02d}-{numbers[2]:02d}"
    return None
