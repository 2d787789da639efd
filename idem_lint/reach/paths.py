"""The ways from an entry point to what writes money: a search by breadth, so that the shortest chain is told."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from idem_lint.engine.imports import ProjectModules
from idem_lint.engine.module_facts import Module, Scope, lambda_scope, terminal
from idem_lint.engine.value_types import (
    Bound,
    Const,
    Environment,
    External,
    Func,
    Klass,
    Lambda,
    Made,
    Member,
    Value,
    innermost,
    options,
)
from idem_lint.finding.interface import Finder
from idem_lint.reach.calls import Callees
from idem_lint.reach.column_names import is_done, is_settled
from idem_lint.reach.framework_hooks import Hooks, calls_super, self_of
from idem_lint.reach.left_open import LeftOpen, is_carried
from idem_lint.reach.query_methods import READS
from idem_lint.reach.record_names import is_settleable
from idem_lint.reach.records import Money, Record, Records
from idem_lint.reach.rows import Rows
from idem_lint.reach.signals import Signals
from idem_lint.reach.sink import Sink, shown
from idem_lint.reach.sinks import KEEPS, Sinks
from idem_lint.reach.statements import Reachable
from idem_lint.reach.stubs import is_stub
from idem_lint.reach.targets import Target, callables, key_of, known
from idem_lint.reach.weighed import counts

DEPTH = 8
FUNCTIONS = 600
"""How many functions one entry point may lead to before the search says that it has not seen all. Measured from
1,800 entry points of seven services: four lead to more, and no write was found after the 600th; in a service of a million
lines everything leads to everything.
"""
NAMED_DEPTH = 2
"""How many functions deep the names of what is called are noted."""
NEAR = 3
"""How many calls away a function is near the entry point."""
_NEAR_ONES = 150
_CONTEXTS = 3
_READINGS = 6
"""In how many contexts a function is read in all: of further ones only what they give it to call is told apart."""
_UNRESOLVED = 20
_FINDS = frozenset({"aget_object_or_404", "get_object_or_404"})
_SAVES_ROWS = frozenset({"create", "acreate", "save", "asave", "get_or_create", "update_or_create"})


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One function on the way, and the call in it that leads on (or the write)."""

    function: Func | Lambda
    node: ast.AST
    is_guess: bool = False
    """Whether only names say that the call leads on."""


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A write and the functions on the way to it, the entry point first."""

    sink: Sink
    scope: Scope
    steps: tuple[Step, ...]
    is_sure: bool = False
    is_deferred: bool = False


Near: TypeAlias = "tuple[Func | Lambda, tuple[Step, ...]]"
"""A function that is near the entry point, and the steps that lead to it."""


@dataclass(slots=True, eq=False)
class _Local:
    """What one function does itself, in one environment."""

    sinks: list[Sink] = field(default_factory=list[Sink])
    targets: list[tuple[Target, ast.AST, object]] = field(
        default_factory=list["tuple[Target, ast.AST, object]"]
    )
    """What it may run, the node that leads there, and what tells its arguments from others."""
    unresolved: list[str] = field(default_factory=list[str])
    left_open: list[str] = field(default_factory=list[str])
    keeps: ast.Call | None = None
    """The first call that keeps rows which were made."""
    called: set[str] = field(default_factory=set[str])
    """The names of what it calls, whatever that is."""


@dataclass(slots=True, eq=False)
class Found:
    """What a search found: the ways, nearest write first; what nobody could resolve; the calls behind which money may move
    all the same; whether it saw everything.
    """

    ways: list[Way] = field(default_factory=list[Way])
    unresolved: list[str] = field(default_factory=list[str])
    left_open: list[str] = field(default_factory=list[str])
    is_complete: bool = True
    called: set[str] = field(default_factory=set[str])
    """The names of what the first functions call."""
    near: list[Near] = field(default_factory=list["Near"])


class _Search:
    """What one search has seen so far."""

    def __init__(self, *, says_money: bool) -> None:
        self.found = Found()
        self._says_money = says_money
        self._unresolved: dict[str, None] = {}
        self._left_open: dict[str, None] = {}
        self._pending: list[Way] = []
        self._keeping: list[tuple[Step, ...]] = []
        self._contexts: dict[ast.AST, set[object]] = {}
        self._told: set[ast.AST] = set()
        self._count = 0

    def is_over(self) -> bool:
        """Whether it has seen as much as it may."""
        if self._count > FUNCTIONS:
            self.found.is_complete = False
        return self._count > FUNCTIONS

    def may_enter(self, function: Func | Lambda, key: object) -> bool:
        """Whether a function would have to be looked into by now."""
        contexts = self._contexts.get(function.node)
        return contexts is None or (key not in contexts and len(contexts) < _CONTEXTS)

    def enters(self, function: Func | Lambda, key: object) -> bool:
        """Whether a function has to be looked into: not twice with the same arguments, nor with too many."""
        contexts = self._contexts.setdefault(function.node, set())
        if key in contexts or len(contexts) >= _CONTEXTS:
            return False
        contexts.add(key)
        self._count += 1
        return True

    def reaches_ledger(self, function: Func, steps: tuple[Step, ...], *, is_deferred: bool) -> None:
        """Note a function that says itself that it writes the ledger."""
        sink = Sink("ledger", f"{function.node.name}(…)", function.node)
        ends = (*steps, Step(function, function.node))
        self.found.ways.append(Way(sink, function.scope, ends, is_sure=True, is_deferred=is_deferred))

    def sees(
        self, local: _Local, function: Func | Lambda, steps: tuple[Step, ...], *, is_deferred: bool
    ) -> None:
        """Note what a function does itself."""
        if local.keeps is not None:
            self._keeping.append((*steps, Step(function, local.keeps)))
        if len(steps) < NAMED_DEPTH:
            self.found.called |= local.called
        if len(steps) <= NEAR and len(self.found.near) < _NEAR_ONES:
            self.found.near.append((function, steps))
        self._unresolved.update(dict.fromkeys(local.unresolved))
        if local.left_open and not is_carried(function, [step.node for step in steps]):
            self._left_open.update(dict.fromkeys(local.left_open))
        for sink in local.sinks:
            ends = (*steps, Step(function, sink.node))
            if sink.node not in self._told and self._counts(sink, ends):
                self._told.add(sink.node)
                ways = self._pending if sink.is_pending else self.found.ways
                ways.append(Way(sink, _body(function), ends, is_deferred=is_deferred))

    def _counts(self, sink: Sink, steps: tuple[Step, ...]) -> bool:
        functions = [step.function for step in steps if isinstance(step.function, Func)]
        return counts(sink, functions, says_money=self._says_money)

    def result(self) -> Found:
        """The ways, the surest and shortest first; rows that were made count where something keeps rows."""
        self.found.unresolved = [*self._unresolved]
        self.found.left_open = [*self._left_open]
        if self._keeping:
            self.found.ways += [_kept(way, self._keeping) for way in self._pending]
        self.found.ways.sort(key=lambda way: (not way.is_sure, len(way.steps)))
        return self.found


class Paths:
    """Searches from entry points. What a function does is kept, since many entry points share it."""

    def __init__(
        self,
        finder: Finder,
        *,
        named: dict[str, Money] | None = None,
        ledger_writes: Iterable[str] = (),
        is_guarded: Callable[[Func], bool] = lambda _: False,
    ) -> None:
        """``is_guarded``: whether a function carries a mark of its own, so that what it writes is its own affair."""
        self.finder = finder
        self.is_guarded = is_guarded
        self.evaluator = evaluator = finder.evaluator
        self.rows = Rows(evaluator, Records(evaluator, named or {}, self._modules))
        self.callees = Callees(evaluator, self.rows, self._modules)
        self.hooks = Hooks(self.callees)
        self.sinks = Sinks(evaluator, self.rows)
        self.left_open = LeftOpen(evaluator, self.rows, self.sinks.outside)
        self.ledger_writes = frozenset(ledger_writes)
        self.signals = Signals(self.finder, self.callees)
        self._locals: dict[tuple[ast.AST, object], _Local] = {}
        self._readings: dict[ast.AST, set[object]] = {}

    def of_function(
        self,
        function: Func | Lambda,
        owner: Value | None = None,
        *,
        says_money: bool = False,
        past_marks: bool = True,
    ) -> Found:
        """The writes that a handler reaches; ``owner`` is the instance it answers for, where it is a method, ``says_money``
        whether its own names do: then weak signs count, too. Without ``past_marks`` functions that it calls and that carry
        a mark of their own are not looked into.
        """
        env: Environment = {**self._defaults(function), **function.environment}
        if owner is not None and isinstance(function, Func) and function.scope.is_class:
            for argument in [*function.node.args.posonlyargs, *function.node.args.args][:1]:
                env[id(function.node), argument.arg] = owner
        starts = [Target(function, each) for each in self._around(function, env)]
        return self._search(starts, says_money=says_money, past_marks=past_marks)

    def _defaults(self, function: Func | Lambda) -> Environment:
        """The classes and functions that the parameters of an entry point have as defaults: ``form_class=DonationForm``."""
        spec = function.node.args
        positional = [*spec.posonlyargs, *spec.args]
        given = [*zip(reversed(positional), reversed(spec.defaults), strict=False)]
        given += [
            (name, each)
            for name, each in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
            if each is not None
        ]
        found: Environment = {}
        for argument, default in given:
            if isinstance(default, ast.Name | ast.Attribute):
                value = self.evaluator.evaluate(default, function.scope)
                if isinstance(value, Klass | Func):
                    found[id(function.node), argument.arg] = value
        return found

    def _modules(self) -> list[Module]:
        source = self.evaluator.modules
        return source.in_view() if isinstance(source, ProjectModules) else []

    def _around(self, function: Func | Lambda, env: Environment) -> list[Environment]:
        """The environments of a handler that a factory defines: one for each call of the factory."""
        outer = function.scope
        if not isinstance(outer.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return [env]
        found: list[Environment] = []
        for site in self.finder.call_index.sites(outer.node.name, outer.module):
            if terminal(site.node.func) != outer.node.name:
                continue
            for round_ in self.evaluator.rounds(site.loops, site.scope, {}) or [{}]:
                callees = options(self.evaluator.evaluate(site.node.func, site.scope, round_))
                for callee in [each for each in callees if innermost(each) is outer.node]:
                    made = Made(callee, site.node, site.scope, round_)
                    factory = Func(outer.node, outer.parent or outer)
                    given = self.evaluator.arguments(factory, made, bound=isinstance(callee, Bound))
                    found.append({**env, **known(factory, given)})
        return found or [env]

    def of_class(self, klass: Klass, names: Iterable[str], *, says_money: bool = False) -> Found:
        """The writes that a class reaches by methods that it only inherits from a framework."""
        starts: list[Target] = []
        own: list[Way] = []
        for name in names:
            starts += self.hooks.behind(klass, name)
            for record in self.hooks.records_behind(klass, name):
                if record.money == "movement":
                    sink = Sink("row", f"{klass.node.name} makes rows of {record.name}", klass.node)
                    own.append(Way(sink, klass.scope, ()))
            for record in self.hooks.holders_behind(klass, name):
                sink = Sink("balance", f"{klass.node.name} takes the balance of {record.name}", klass.node)
                own.append(Way(sink, klass.scope, ()))
        found = self._search(starts, says_money=says_money)
        found.ways[:0] = own
        return found

    def _search(self, starts: Iterable[Target], *, says_money: bool, past_marks: bool = True) -> Found:
        search = _Search(says_money=says_money)
        queue: deque[tuple[Target, object, tuple[Step, ...], bool]] = deque(
            (target, key_of(target.environment), (), False) for target in starts
        )
        while queue and not search.is_over():
            target, key, steps, deferred = queue.popleft()
            if not search.enters(target.function, key):
                continue
            if steps and not past_marks and self._carries_mark(target.function):
                continue
            deferred = deferred or target.is_deferred
            if isinstance(target.function, Func) and self._is_ledger_write(target.function):
                search.reaches_ledger(target.function, steps, is_deferred=deferred)
                continue
            local = self._local(target, key)
            search.sees(local, target.function, steps, is_deferred=deferred)
            if len(steps) < DEPTH:
                queue += [
                    (callee, callee_key, (*steps, Step(target.function, node, callee.is_guess)), deferred)
                    for callee, node, callee_key in local.targets
                    if search.may_enter(callee.function, callee_key)
                ]
            else:
                search.found.is_complete = search.found.is_complete and not local.targets
        return search.result()

    def _carries_mark(self, function: Func | Lambda) -> bool:
        return isinstance(function, Func) and bool(function.node.decorator_list) and self.is_guarded(function)

    def _is_ledger_write(self, function: Func) -> bool:
        if not function.node.decorator_list and not self.ledger_writes:
            return False
        name = f"{function.module.name}.{function.scope.child_name(function.node.name)}"
        if name in self.ledger_writes:
            return True
        for decorator in function.node.decorator_list:
            node = decorator.func if isinstance(decorator, ast.Call) else decorator
            for option in options(self.evaluator.evaluate(node, function.scope, function.environment)):
                if isinstance(option, External) and (
                    _is_mark(option.name) or option.name in self.ledger_writes
                ):
                    return True
        return False

    # one function

    def _local(self, target: Target, key: object) -> _Local:
        node = target.function.node
        local = self._locals.get((node, key))
        if local is None:
            readings = self._readings.setdefault(node, set())
            if len(readings) >= _READINGS:
                target = replace(target, environment=callables(target.environment))
                key = key_of(target.environment)
                if (node, key) in self._locals:
                    return self._locals[node, key]
            local = self._locals[target.function.node, key] = _Local()
            readings.add(key)
            self._read(target, local)
        return local

    def _read(self, target: Target, local: _Local) -> None:
        function, env = target.function, target.environment
        scope = _body(function)
        walk = Reachable(self.evaluator, scope, env)
        if isinstance(function, Lambda):
            nodes: Iterator[ast.AST] = walk.inner(function.node.body)
        else:
            nodes = walk.nodes(function.node.body)
            local.targets += [_onward(each, function.node) for each in self._injected(function)]
            local.sinks += self._transitions(function, env)
        for node in nodes:
            local.sinks += self.sinks.of(node, scope, env)
            if isinstance(node, ast.Call):
                self._call(node, function, scope, env, local)

    def _transitions(self, function: Func, env: Environment) -> Iterator[Sink]:
        """``@transition(field=state, target="settled")`` of django-fsm: to call the method is to change the status."""
        klass = self_of(function, env) or _class_around(function)
        classes = [klass, *self.callees.receivers.below(klass)] if klass is not None else []
        records = (self.rows.records.of_class(each) for each in classes)
        record = next((each for each in records if each is not None and _is_settled_once(each)), None)
        if record is None:
            return
        for decorator in function.node.decorator_list:
            if isinstance(decorator, ast.Call) and terminal(decorator.func) == "transition":
                for word in decorator.keywords:
                    if word.arg == "target" and self._is_settled(word.value, function, record):
                        yield Sink("status", f"{function.node.name}() of {record.name}", decorator)

    def _is_settled(self, node: ast.expr, function: Func, record: Record) -> bool:
        value = self.evaluator.evaluate(node, function.scope, function.environment)
        told = value.value if isinstance(value, Const) else None
        says = is_done if record.money == "movement" else is_settled
        return any(isinstance(name, str) and says(name) for name in (told, terminal(node)))

    def _call(
        self, node: ast.Call, function: Func | Lambda, scope: Scope, env: Environment, local: _Local
    ) -> None:
        name = terminal(node.func)
        local.called.add(name)
        if local.keeps is None and name in KEEPS and self._keeps_money(node, name, scope, env):
            local.keeps = node
        targets, is_unresolved = self.callees.of(node, scope, env)
        above = calls_super(node)
        if above and not targets and isinstance(function, Func):
            klass = self_of(function, env) or _class_around(function)
            if klass is not None:
                targets += self._above(klass, above, function, node, local)
        if name in {"save", "asave"} and isinstance(node.func, ast.Attribute):
            targets += self._saved(node, node.func, scope, env, local)
        targets += self.signals.sent_by(node, scope, env)
        for record in self._kept(node, scope, env):
            is_read = isinstance(node.func, ast.Attribute) and self._is_read(node.func.value, scope, env)
            targets += [*self.hooks.behind_row(record), *self.signals.behind_row(record, is_read=is_read)]
        local.targets += [_onward(target, node) for target in targets]
        if is_unresolved and len(local.unresolved) < _UNRESOLVED:
            local.unresolved.append(shown(node.func))
        is_open = all(map(_is_missing, targets)) if targets else self._is_open(node, scope, env)
        if is_open and len(local.left_open) < _UNRESOLVED:
            local.left_open.append(shown(node.func))

    def _is_open(self, node: ast.Call, scope: Scope, env: Environment) -> bool:
        """Whether money may move behind a call that leads to nothing: not where a form saves what is known."""
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"save", "asave"}:
            for option in options(self.evaluator.evaluate(node.func.value, scope, env)):
                if any(True for _ in self.hooks.of_save(option)):
                    return False
        return self.left_open.is_open(node, scope, env)

    def _keeps_money(self, node: ast.Call, name: str, scope: Scope, env: Environment) -> bool:
        """Whether what a call keeps may be money: ``cart.save()`` keeps a cart, whatever else was made on the way."""
        kept = node.func.value if name in {"save", "asave"} and isinstance(node.func, ast.Attribute) else None
        if name in {"add", "merge", "persist", "insert", "store"} and len(node.args) == 1:
            kept = node.args[0]
        if name in {"save", "asave"} and kept is not None and self._is_read(kept, scope, env):
            return False
        classes = self.rows.classes(kept, scope, env) if kept is not None else []
        records = [record for klass in classes if (record := self.rows.records.of_class(klass)) is not None]
        return not records or any(record.money for record in records)

    def _is_read(self, node: ast.expr, scope: Scope, env: Environment) -> bool:
        """Whether something is a row that a query gave: to save that keeps no other."""
        rows = [
            each for each in options(self.evaluator.evaluate(node, scope, env)) if not isinstance(each, Const)
        ]
        return bool(rows) and all(map(_is_found, rows))

    def _kept(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Record]:
        """The records whose rows a call of Django's makes or saves, so that their ``save`` and their signals run."""
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in _SAVES_ROWS:
            return
        yield from self.rows.of(node.func.value, scope, env)

    def _above(
        self, klass: Klass, name: str, function: Func, node: ast.Call, local: _Local
    ) -> Iterator[Target]:
        """``super().form_valid(form)``, where the next class is a framework's: what it goes on to."""
        above = list(self.hooks.behind(klass, name, is_above=True))
        yield from (target for target in above if target.function.node is not function.node)
        local.sinks += [
            Sink("row", f"super().{name}(…) makes rows of {record.name}", node)
            for record in self.hooks.records_above(klass, name)
            if record.money == "movement"
        ]

    def _saved(
        self, node: ast.Call, func: ast.Attribute, scope: Scope, env: Environment, local: _Local
    ) -> Iterator[Target]:
        """``serializer.save()`` and ``form.save()``: the project's own ``create``, or the rows of the model."""
        for option in options(self.evaluator.evaluate(func.value, scope, env)):
            local.sinks += [
                Sink("row", f"{shown(func)}() of {record.name}", node)
                for record in self.hooks.of_made_form(option)
                if record.money == "movement"
            ]
            for klass in self.hooks.of_save(option):
                if self.rows.records.of_class(klass) is not None:
                    continue
                yield from self.hooks.behind_save(klass)
                local.sinks += [
                    Sink("row", f"{shown(func)}() of {record.name}", node)
                    for record in self.hooks.made_by(klass, is_edited=self.hooks.is_of_row(option))
                    if record.money == "movement"
                ]
                local.sinks += [
                    Sink("balance", f"{shown(func)}() of {record.name} with a balance", node)
                    for record in self.hooks.holders_by(klass)
                ]

    def _injected(self, function: Func) -> Iterator[Target]:
        """What ``Depends(…)`` among the defaults runs before the function."""
        spec = function.node.args
        for default in [*spec.defaults, *(each for each in spec.kw_defaults if each is not None)]:
            if isinstance(default, ast.Call) and terminal(default.func) in {"Depends", "Security"}:
                for argument in default.args[:1]:
                    for option in options(self.evaluator.evaluate(argument, function.scope)):
                        if isinstance(option, Func):
                            yield Target(option)


def _onward(target: Target, node: ast.AST) -> tuple[Target, ast.AST, object]:
    return target, node, key_of(target.environment)


def _kept(way: Way, keeping: list[tuple[Step, ...]]) -> Way:
    """The way to where a row is kept that was made on the way there: in the same function, in one that this one calls,
    or in one that called it.
    """
    functions = [step.function.node for step in way.steps]
    here = len(functions)
    around = {
        len(steps): steps
        for steps in reversed(keeping)
        if [step.function.node for step in steps] == functions[: len(steps)]
    }
    if here in around:
        return way
    for steps in keeping:
        if len(steps) > here and [step.function.node for step in steps[:here]] == functions:
            return replace(way, steps=steps)
    return replace(way, steps=around[max(around)]) if around else way


def _is_found(row: Value) -> bool:
    """Whether a value is a row that a query gave: ``Payment.objects.get(…)``, ``get_object_or_404(Payment, …)``."""
    if not isinstance(row, Made):
        return False
    name = row.callee.name if isinstance(row.callee, Member | External) else ""
    return name.rpartition(".")[2] in (READS if isinstance(row.callee, Member) else _FINDS)


def _is_missing(target: Target) -> bool:
    """Whether a method says that its heirs have it, and no heir is known."""
    node = target.function.node
    return (
        not isinstance(node, ast.Lambda)
        and any(isinstance(part, ast.Raise) for part in node.body)
        and is_stub(node)
    )


def _is_settled_once(record: Record) -> bool:
    return record.money == "movement" or is_settleable(record.name)


def _is_mark(name: str) -> bool:
    return name.startswith("idem_runtime.") and name.endswith(".ledger_write")


def _body(function: Func | Lambda) -> Scope:
    return lambda_scope(function.node, function.scope) if isinstance(function, Lambda) else function.body


def _class_around(function: Func) -> Klass | None:
    owner = function.scope
    if isinstance(owner.node, ast.ClassDef) and owner.parent is not None:
        return Klass(owner.node, owner.parent)
    return None


__all__ = ["DEPTH", "Found", "Paths", "Step", "Way"]
