"""Weak signs that money moves, weighed together, where no write of it was found and something is left open: what a handler
is called, what the functions near it ask of whom, which rows they make, what they speak of.

None decides alone. What each weighs, and how much it takes, was learnt from labelled handlers and holds for packages that
were not among them (docs/money.md).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from idem_lint.engine.module_facts import terminal
from idem_lint.engine.value_types import Func, Klass, Lambda, options
from idem_lint.reach import sign_words as said
from idem_lint.reach.column_names import is_amount, is_balance, is_credit, is_running, is_status
from idem_lint.reach.named_like_money import says_money
from idem_lint.reach.paid_words import only_tells
from idem_lint.reach.paths import Near, Step, Way
from idem_lint.reach.rows import Rows
from idem_lint.reach.sink import Sink, shown
from idem_lint.reach.spoken import Spoken, annotated, spoken_in, stored

ENOUGH = 5
"""How many points it takes."""
MORE = 1
"""How many more where every call was followed to its end, and none is left open; and something has to be kept there."""
_KEPT = frozenset({"balance", "ends", "row", "row near", "settles"})
"""The signs that say that something is kept."""
POINTS = {
    "name": 2,
    "route": 1,
    "makes": 1,
    "docstring": 1,
    "asks": 2,
    "asks a payer": 2,
    "row near": 2,
    "row": 1,
    "balance": 1,
    "ends": 3,
    "settles": 2,
    "settled": 1,
    "amount": 1,
    "reference": 1,
    "told": 3,
    "reads": -3,
    "stops": -2,
    "page": -2,
    "configures": -1,
    "any method": -1,
}
"""What each sign weighs.

==============  =================================================================================================
name            the handler's own name has a word of movement (``refund``); of a method such as ``post``, its class
route           its route has one, or ends in one
makes           it is named as what makes a thing of money: ``record_expense``
docstring       the first line of its docstring has a word of movement
asks            a function near it is called that is named for moving money: ``transfer_funds(…)``
asks a payer    that is a method of something named like who moves it: ``self.gateway.refund(…)``
row near, row   something named like a movement is made or kept (``Payment(…)``, ``payouts.insert(…)``): here or in what is
                called, or further off
balance         a balance is set, or an amount counted up or down
ends            a status of what may be money is set to an end of a movement: ``order.status = Status.COMPLETED``
settles         a status is set, and ``paid`` or another end of a movement is written near it; *settled*: only the latter
amount          an amount is spoken of
reference       a reference is, by which others know a movement: ``tx_hash``
told            it is a webhook, and speaks of an end of a movement or of a provider
reads           its name or its docstring begins with reading, or the name prepares: ``preview_transfer``
stops           it takes something away: ``cancel_…``, ``/remove``
page            a page to pay at is spoken of: ``checkout_url``; the payer decides there
configures      its name or its route ends in what is configured: ``add_payment_method``
any method      it answers GET as well
==============  =================================================================================================
"""
_KEEPS = frozenset(
    """
    add append bulk_create create get_or_create insert insert_one put put_item save update_or_create
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)


@dataclass(frozen=True, slots=True, eq=False)
class Sign:
    """Something that speaks for money moving (or against it), what it weighs, and where it stands; without ``step`` at the
    handler.
    """

    what: str
    points: int
    step: Step | None = None
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """What a handler is called: its qualified name, its routes, its file, and the methods it answers."""

    qualname: str
    routes: tuple[str, ...]
    file: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """The way to what speaks most for money moving, and all signs, those against it among them."""

    way: Way
    signs: tuple[Sign, ...]


class Signs:
    """Weighs what speaks for money that moves from a handler."""

    def __init__(self, rows: Rows, is_nothing: Callable[[str], bool]) -> None:
        """``is_nothing``: whether the project says that a record of this name is no money."""
        self._records = rows
        self._evaluator = rows.evaluator
        self._is_nothing = is_nothing
        self._spoken: dict[ast.AST, Spoken] = {}

    def weigh(self, called: Called, seen: Sequence[Near], *, is_followed: bool) -> Weighed | None:
        """What speaks for it, where that is enough. ``seen`` are the functions from the handler on, itself first;
        ``is_followed``: every call was followed to its end.
        """
        signs = (*self._of_names(called, seen), *self._of_code(called, seen))
        points = sum(sign.points for sign in signs)
        is_idle = is_followed and (points < ENOUGH + MORE or not any(sign.is_kept for sign in signs))
        if not signs or points < ENOUGH or is_idle:
            return None
        told = max((sign for sign in signs if sign.step is not None), key=_weight, default=signs[0])
        function = told.step.function if told.step is not None else seen[0][0]
        end = told.step or Step(function, function.node)
        steps = next(steps for each, steps in seen if each is function)
        return Weighed(Way(Sink("signs", told.what, end.node), function.scope, (*steps, end)), signs)

    # what it is called

    def _of_names(self, called: Called, seen: Sequence[Near]) -> Iterator[Sign]:
        own = said.own_name(called.qualname)
        line = self._docstring(seen)
        last = [_last_word(route) for route in called.routes[:1]]
        if said.names_movement(own):
            yield _sign("name", f"its name says so: {own}")
        if any(map(says_money, called.routes)) or any(map(said.names_movement, last)):
            yield _sign("route", f"its route does: {called.routes[0]}")
        if said.makes_money(own):
            yield _sign("makes", "its name is that of what makes a thing of money")
        if said.names_movement(line):
            yield _sign("docstring", f"its docstring says so: {line}")
        if said.begins_with_reading(own) or said.prepares(own) or said.begins_with_reading(line):
            yield _sign("reads", "it is named, or described, as what reads or prepares")
        if any(map(said.stops, (own, *last))):
            yield _sign("stops", "it takes something away")
        if any(map(said.ends_in_configuration, (own, *last))):
            yield _sign("configures", "its name ends in what is configured")
        if "GET" in called.methods:
            yield _sign("any method", "it answers GET as well")

    def _docstring(self, seen: Sequence[Near]) -> str:
        """The first line of the handler's docstring."""
        nodes = [function.node for function, steps in seen if not steps]
        texts = [ast.get_docstring(node) or "" for node in nodes if not isinstance(node, ast.Lambda)]
        return " ".join(texts).partition("\n")[0]

    # what is done near it

    def _of_code(self, called: Called, seen: Sequence[Near]) -> Iterator[Sign]:
        near = [(function, steps) for function, steps in seen if len(steps) < 2]
        ends = self._ends(seen)
        rows = chain(self._rows(near, "row near"), self._rows(seen, "row"))
        for found in (self._of_payer(near), self._asked(seen), rows, self._balances(seen)):
            yield from islice(found, 1)
        if ends is not None:
            yield ends
        yield from self._spoken_of(near)
        is_about = said.of_providers(" ".join((called.file, called.qualname, *called.routes)))
        if said.is_told(said.own_name(called.qualname)) and (ends is not None or is_about):
            yield _sign("told", "it is told what became of money elsewhere")

    def _asked(self, seen: Sequence[Near]) -> Iterator[Sign]:
        for function, call in self._calls(seen):
            if _moves(call):
                yield _sign("asks", f"{shown(call.func)}(…)", function, call)

    def _of_payer(self, near: Sequence[Near]) -> Iterator[Sign]:
        for function, call in self._calls(near):
            if _moves(call) and any(map(said.is_payer, _dotted(call.func)[:-1])):
                yield _sign("asks a payer", f"{shown(call.func)}(…)", function, call)

    def _rows(self, seen: Sequence[Near], weight: str) -> Iterator[Sign]:
        for function, call in self._calls(seen):
            names = _dotted(call.func)
            *owners, name = names or [""]
            kept = owners if name in _KEEPS else [name] if name[:1].isupper() else []
            if any(said.is_money_record(each) and not self._is_nothing(each) for each in kept):
                yield _sign(weight, f"{shown(call.func)}(…)", function, call)

    def _balances(self, seen: Sequence[Near]) -> Iterator[Sign]:
        for function, _ in seen:
            spoken = self._of(function)
            for target in (*spoken.stored, *spoken.counted):
                name = stored(target)
                if is_balance(name) or (target in spoken.counted and _may_count(name)):
                    yield _sign("balance", f"{shown(target)} = …", function, target)

    def _ends(self, seen: Sequence[Near]) -> Sign | None:
        """A status that is set to an end of a movement, or beside one, or such an end alone."""
        spoken = [(function, self._of(function)) for function, _ in seen]
        targets = ((function, target) for function, each in spoken for target in each.ended)
        is_set_to = next((each for each in targets if self._may_be_money(each[1].value, each[0])), None)
        if is_set_to is not None:
            return _sign("ends", f"{shown(is_set_to[1])} is set to an end", *is_set_to)
        ended = next(((function, each.ends[0]) for function, each in spoken if each.ends), None)
        if ended is None:
            return None
        is_set = any(is_status(stored(target)) for _, each in spoken for target in each.stored)
        return _sign("settles" if is_set else "settled", f"{shown(ended[1])} is spoken of", *ended)

    def _may_be_money(self, row: ast.expr, function: Func | Lambda) -> bool:
        """Whether a row has an amount, or nobody knows what it has: not an ``event``."""
        records = self._records.of(row, function.body, function.environment)
        has_amount = any(is_amount(column) for record in records for column in record.columns)
        return has_amount if records else not only_tells(terminal(row))

    def _spoken_of(self, near: Sequence[Near]) -> Iterator[Sign]:
        names = {name for function, _ in near for name in self._of(function).names}
        names |= {name for function, steps in near if not steps for name in self._fields(function)}
        for weight, is_one, what in (
            ("amount", said.is_plain_amount, "an amount"),
            ("reference", said.is_reference, "a reference"),
            ("page", said.is_page, "a page to pay at"),
        ):
            found = min(filter(is_one, names), default="")
            if found:
                yield _sign(weight, f"{what} is spoken of: {found}")

    def _fields(self, function: Func | Lambda) -> Iterator[str]:
        """The fields of the project's classes that the parameters of a handler are annotated with."""
        if isinstance(function, Lambda):
            return
        spec = function.node.args
        for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs):
            for node in ast.walk(argument.annotation) if argument.annotation is not None else ():
                if isinstance(node, ast.Name | ast.Attribute):
                    for option in options(self._evaluator.evaluate(node, function.scope)):
                        if isinstance(option, Klass):
                            yield from annotated(option.node)

    # what a function's text speaks of

    def _calls(self, seen: Sequence[Near]) -> Iterator[tuple[Func | Lambda, ast.Call]]:
        for function, _ in seen:
            yield from ((function, call) for call in self._of(function).calls)

    def _of(self, function: Func | Lambda) -> Spoken:
        spoken = self._spoken.get(function.node)
        if spoken is None:
            spoken = self._spoken[function.node] = spoken_in(function.node)
        return spoken


def _moves(call: ast.Call) -> bool:
    """Whether a call asks for money to move: not where it makes an object, a ``TransferError`` say."""
    name = terminal(call.func)
    return said.moves(name) and not name[:1].isupper() and not any(map(said.is_aside, _dotted(call.func)))


def _dotted(node: ast.expr) -> list[str]:
    """The names of a callee from left to right: ``self``, ``gateway``, ``refund``; also through calls and items."""
    names: list[str] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
        elif not isinstance(node, ast.Call | ast.Subscript | ast.Await):
            return names[::-1]
        node = node.func if isinstance(node, ast.Call) else node.value
    return [node.id, *reversed(names)]


def _may_count(name: str) -> bool:
    return is_amount(name) or is_credit(name) or is_running(name)


def _last_word(route: str) -> str:
    """The last part of a route that is written out."""
    parts = [part for part in route.split("/") if part and not any(mark in part for mark in "{<:…(")]
    return parts[-1] if parts else ""


def _sign(weight: str, what: str, function: Func | Lambda | None = None, node: ast.AST | None = None) -> Sign:
    step = Step(function, node) if function is not None and node is not None else None
    return Sign(what, POINTS[weight], step, weight in _KEPT)


def _weight(sign: Sign) -> int:
    return sign.points


__all__ = ["ENOUGH", "POINTS", "Called", "Sign", "Signs", "Weighed"]
