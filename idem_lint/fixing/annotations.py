"""The mark that an unmarked handler gets, and where its framework wants it: what the finding's advice says, done."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TypeAlias

from idem_lint.finding.interface import AT_REGISTRATION, ON_CLASS, ON_MEMBER, ON_VIEW_CLASS
from idem_lint.fixing.added_imports import dotted
from idem_lint.fixing.changes import Change, ChangedFile, Subject, Written, written
from idem_lint.fixing.decorator_stacks import around, in_class, put_on
from idem_lint.fixing.source_text import CannotChange, Edit
from idem_lint.fixing.syntax import Definition
from idem_lint.result_types import TODO, Handler, Write
from idem_lint.rules.shared_phrases import mark_as_moving, serves_several, short_name, where_to_put

_MEMBER = re.compile(re.escape(ON_MEMBER).replace(re.escape("{member}"), r"(\w+)"))
_OUTSIDE = frozenset({"provider", "service", "message"})
_DJANGO = "django.utils.decorators"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mark for a handler: its name, what it is given, and why it is this one. ``is_doubtful``: names say money, and the
    mark says that none moves.
    """

    name: str
    arguments: str
    why: str
    is_doubtful: bool = False


def annotation(handler: Handler) -> Annotation:
    """The mark that fits what is known of where the money goes. Raises CannotChange where no mark on the handler would."""
    writes = handler.money.writes if handler.money is not None else ()
    return as_moving(handler) if writes else as_opt_out(handler)


def as_opt_out(handler: Handler) -> Annotation:
    """The mark of a handler that moves no money, with a reason that is still to be written."""
    reason = f"{TODO}: {_doubt(handler)}"
    is_like_money = handler.money is not None and handler.money.is_like_money
    why = (
        "named like money, no write of money is reached" if is_like_money else "no write of money is reached"
    )
    return Annotation("not_money_moving", f"reason={json.dumps(reason)}", why, is_like_money)


def as_moving(handler: Handler) -> Annotation:
    """The mark of a handler that moves money, with what it needs. Raises CannotChange where the handler can carry none."""
    writes = handler.money.writes if handler.money is not None else ()
    why = _told(writes[0]) if writes else "moves money"
    if not handler.has_adapter:
        raise CannotChange(f"it moves money ({why}); {mark_as_moving(handler)}")
    options: list[str] = []
    if handler.operations or serves_several(handler).endswith('needs operation="…" for that'):
        options.append(f"operation={json.dumps(_operation(handler))}")
    if any(write.is_deferred or write.kind in _OUTSIDE for write in writes):
        options.append('effect="external"')
    return Annotation("money_moving", ", ".join(options), why)


def _told(write: Write) -> str:
    """The write that decides, for people."""
    last = write.chain[-1].place if write.chain else write.place
    return f"{write.sink} in {last.file}:{last.line}"


def _doubt(handler: Handler) -> str:
    """What is to be looked at before the reason is written."""
    money = handler.money
    if money is not None and money.writes:
        return f"{_told(money.writes[0])} is reached; say why running it twice moves no money"
    if money is not None and money.is_like_money:
        return "named like money, no write was seen; say why running it twice moves no money"
    if money is not None and (money.unresolved or not money.is_complete):
        return "no write of money was seen, not every call could be followed; say why it moves none"
    return "no write of money was seen; say why running it twice moves no money"


def _operation(handler: Handler) -> str:
    """A name for what several routes do: that of the first route that is known in full, else the function's own in full."""
    route = next((route for route in handler.routes if "…" not in route), None)
    module = handler.place.file.rpartition(".")[0].strip("./").replace("/", ".")
    return f"POST {route}" if route is not None else f"{module}.{handler.qualname}"


def annotate(file: ChangedFile, handler: Handler, code: str, mark: Annotation | None = None) -> Change:
    """The change that marks a handler, with ``mark`` or with the one that fits. Raises CannotChange where its place cannot
    be told mechanically.
    """
    mark = mark or annotation(handler)
    text = written(file, handler, mark.name, mark.arguments)
    edits, needs = _placed(file, handler, text)
    what = f"{text.text.partition('(')[0]}: {mark.why}"
    return Change(Subject.of(handler, code), what, tuple(edits), (*text.needs, *needs), mark.is_doubtful)


_Placed: TypeAlias = tuple[list[Edit], tuple[tuple[str, str], ...]]
"""The edits that put a mark on a handler, and what has to be imported for them beside the mark."""


def _placed(file: ChangedFile, handler: Handler, mark: Written) -> _Placed:
    if handler.advice.startswith(AT_REGISTRATION.partition("{")[0]):
        return _where_registered(file, handler, mark), ()
    if short_name(handler) == "<lambda>":
        place = handler.place.line, handler.place.column
        if place not in file.syntax.lambdas:
            raise CannotChange(where_to_put(handler))
        return around(mark.text, *file.syntax.lambdas[place]), ()
    definition = file.syntax.definitions.get(handler.place.line)
    if definition is None or definition.name != short_name(handler):
        raise CannotChange(where_to_put(handler))
    if definition.is_generator and not mark.is_opt_out:
        raise CannotChange(
            "it is a generator: a streamed response cannot be stored, the runtime refuses the mark"
        )
    if definition.is_class:
        return _on_class(file, handler, definition, mark)
    return [put_on(file.syntax, definition, mark.text)], ()


def _on_class(file: ChangedFile, handler: Handler, definition: Definition, mark: Written) -> _Placed:
    """What the advice for a class that answers by what it inherits says."""
    if handler.advice == ON_CLASS:
        return [put_on(file.syntax, definition, mark.text)], ()
    member = _MEMBER.fullmatch(handler.advice)
    if member is not None:
        decorate, is_needed = file.imports.local(_DJANGO, "method_decorator", handler.place.line)
        needs = ((_DJANGO, "method_decorator"),) if is_needed else ()
        return [put_on(file.syntax, definition, f'{decorate}({mark.text}, name="{member[1]}")')], needs
    is_listed = handler.advice == ON_VIEW_CLASS
    edit = in_class(file.syntax, definition, "decorators", mark.text) if is_listed else None
    if edit is None:
        raise CannotChange(where_to_put(handler))
    return [edit], ()


def _where_registered(file: ChangedFile, handler: Handler, mark: Written) -> list[Edit]:
    """The mark around the argument of the registering call that is the handler."""
    name = handler.qualname.removesuffix("(…)")
    found = [
        argument
        for arguments in file.syntax.calls.get((handler.place.line, handler.place.column), ())
        for argument in arguments
        if _says(file, file.syntax.text[argument.start : argument.end], name)
    ]
    if len(found) != 1:
        raise CannotChange(where_to_put(handler))
    return around(mark.text, found[0].start, found[0].end)


def _says(file: ChangedFile, expression: str, name: str) -> bool:
    """Whether an expression is a name, or a call of it, that leads to the handler."""
    told = re.match(r"[\w.]+", expression)
    whole = dotted(told[0], file.syntax) if told is not None else ""
    return whole == name or whole.endswith(f".{name}")
