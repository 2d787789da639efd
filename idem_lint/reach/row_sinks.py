"""Writes of records: rows of movements, balances in place, statuses that settle."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, positional, terminal
from idem_lint.engine.scope_lookup import SELF
from idem_lint.engine.value_types import Const, Environment, Klass, Made, Member, Table, Value, options
from idem_lint.reach.balance_copies import is_copied, is_in_memory
from idem_lint.reach.column_names import (
    is_amount,
    is_balance,
    is_credit,
    is_opening,
    is_status,
    is_time_of_end,
)
from idem_lint.reach.name_words import words
from idem_lint.reach.paid_words import is_paid_flag, is_time_of_payment, only_tells
from idem_lint.reach.record_names import is_invoice, is_movement, is_settleable, is_stored_value
from idem_lint.reach.records import Record, is_of_library
from idem_lint.reach.rows import Rows
from idem_lint.reach.running_amounts import RunningAmounts, added, counts_in_place
from idem_lint.reach.said_statuses import SaidStatuses
from idem_lint.reach.sink import Sink, shown

_CREATES = frozenset(
    {
        "create",
        "acreate",
        "get_or_create",
        "aget_or_create",
        "update_or_create",
        "aupdate_or_create",
        "bulk_create",
        "abulk_create",
        "insert",
        "insert_many",
        "insert_one",
        "create_many",
        "bulk_insert_mappings",
    }
)
_UPDATES = frozenset({"update", "aupdate", "values", "set", "update_one", "update_all", "inc", "modify"})
_SETTINGS = frozenset(
    {"config", "setting", "option", "default", "param", "argument", "context", "header", "response"}
)
"""What a mapping is called that holds no money, whatever its keys are called."""
_FROM_VALUES = frozenset(
    {"model_validate", "model_construct", "from_orm", "parse_obj", "validate", "construct", "from_dict"}
)
"""Class methods that make an instance of values."""
_SAVING = frozenset({"save", "asave", "clean", "full_clean"})
"""Methods of a row that run each time it is saved."""
_MODEL_OF_MANAGER = frozenset({"model", "model_class", "_model"})
"""What a manager calls the model whose rows it makes."""
_DOCUMENT = frozenset({"document", "doc", "collection", "ref", "reference", "wallet", "account", "user"})


class RowSinks:
    """Finds the writes of records in single expressions and statements."""

    def __init__(self, evaluator: Evaluator, rows: Rows) -> None:
        self.evaluator = evaluator
        self.rows = rows
        self.running = RunningAmounts(evaluator, rows)
        self.statuses = SaidStatuses(evaluator)

    def changed(self, node: ast.AST, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The writes of a statement that assigns."""
        found: list[Sink] = []
        if isinstance(node, ast.AugAssign):
            found += self._changed(node, scope, env)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            found += self._assigned(node, scope, env)
        yield from found or self.running.changed(node, scope, env)

    def called(self, node: ast.Call, callee: Value, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The writes of a call."""
        name = terminal(node.func)
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        yield from self._made(callee, node, scope, env)
        if name in _CREATES:
            yield from self._created(owner, node, scope, env)
        if name in _UPDATES and owner is not None:
            yield from self._updated(owner, node, scope, env)
        if name in {"save", "asave"} and owner is not None:
            yield from self._saved(owner, node, scope, env)
        if name == "setattr" and len(node.args) == 3:
            yield from self._set_by_name(node, scope, env)

    def _changed(self, node: ast.AugAssign, scope: Scope, env: Environment) -> Iterator[Sink]:
        if isinstance(node.op, ast.Add | ast.Sub) and self._is_balance(node.target, scope, env):
            sign = "+=" if isinstance(node.op, ast.Add) else "-="
            yield Sink("balance", f"{shown(node.target)} {sign} …", node)

    def _assigned(self, node: ast.Assign | ast.AnnAssign, scope: Scope, env: Environment) -> Iterator[Sink]:
        if node.value is None:
            return
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            for part in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                if isinstance(part, ast.Attribute | ast.Subscript):
                    yield from self._set(part, node.value, node, scope, env)

    def _set(
        self,
        part: ast.Attribute | ast.Subscript,
        value: ast.expr,
        node: ast.AST,
        scope: Scope,
        env: Environment,
    ) -> Iterator[Sink]:
        """The write of one attribute or item that is set."""
        if _is_worked_out(part, value, scope):
            return
        if self._is_balance(part, scope, env) and not self._is_new(part, scope, env):
            if not is_copied(value, scope):
                is_pending = isinstance(part, ast.Subscript) and _is_reckoned(part, value)
                yield Sink("balance", f"{shown(part)} = …", node, is_pending)
        elif isinstance(part, ast.Subscript):
            yield from self._kept_under(part, value, node, scope, env)
        elif is_status(part.attr) or is_paid_flag(part.attr):
            yield from self._settled(part, value, node, scope, env)
        elif is_time_of_end(part.attr) or is_time_of_payment(part.attr):
            if _is_now(value) and self._ends_at(part, scope, env):
                yield Sink("status", f"{shown(part)} = {shown(value)}", node)
        elif part.attr == "amount":
            yield from self._changed_amount(part, node, scope, env)

    def _changed_amount(
        self, target: ast.Attribute, node: ast.AST, scope: Scope, env: Environment
    ) -> Iterator[Sink]:
        """``payment.amount = …`` of a movement that is there already."""
        is_own = isinstance(target.value, ast.Name) and target.value.id == "self"
        if (
            not is_own
            and not self._is_new(target, scope, env)
            and self._is_kept_movement(target.value, scope, env)
        ):
            yield Sink("row", f"{shown(target)} = …", node)

    def _kept_under(
        self, target: ast.Subscript, value: ast.expr, node: ast.AST, scope: Scope, env: Environment
    ) -> Iterator[Sink]:
        """``store["escrows"][number] = {…}`` and ``escrow["status"] = "released"`` of a store that is a dict."""
        key = self.evaluator.evaluate(target.slice, scope, env)
        name = self._called_in(target.value, scope, env)
        if isinstance(key, Const) and isinstance(key.value, str) and is_status(key.value):
            if (is_movement(name) and self.statuses.says_settled(value, key.value, scope, env)) or (
                is_settleable(name) and self.statuses.says_paid(value, key.value, scope, env)
            ):
                yield Sink("status", f"{shown(target)} = {shown(value)}", node)
        elif is_movement(name) and not isinstance(target.slice, ast.Constant):
            given = self.evaluator.evaluate(value, scope, env)
            keys = [each for each, _ in given.pairs] if isinstance(given, Table) else []
            if any(isinstance(each, Const) and is_amount(str(each.value)) for each in keys):
                yield Sink("document", f"{shown(target)} = …", node)

    def _called_in(self, node: ast.expr, scope: Scope, env: Environment) -> str:
        """What something is called: by its key where it stands in a mapping, else by its own name."""
        if not isinstance(node, ast.Subscript):
            return terminal(node)
        key = self.evaluator.evaluate(node.slice, scope, env)
        return str(key.value) if isinstance(key, Const) else terminal(node.value)

    def _is_new(self, target: ast.Attribute | ast.Subscript, scope: Scope, env: Environment) -> bool:
        """Whether a balance is set on a row that was only just made, where it is nothing but a beginning."""
        value = self.evaluator.evaluate(target.value, scope, env)
        return isinstance(value, Made) and isinstance(value.callee, Klass) and value.call is not SELF

    def _ends_at(self, part: ast.Attribute, scope: Scope, env: Environment) -> bool:
        """Whether a movement ends where this time is set, or money comes for what is kept here."""
        return self._is_settleable(part.value, scope, env) or (
            is_time_of_payment(part.attr) and self._is_paid_for(part, scope, env)
        )

    def _is_paid_for(self, target: ast.Attribute, scope: Scope, env: Environment) -> bool:
        """Whether what is said to be paid is a row that is there already, whatever it is: an order, a registration; also one
        of which nobody knows the class, where it is saved.
        """
        classes = self.rows.classes(target.value, scope, env)
        if classes:
            value = self.evaluator.evaluate(target.value, scope, env)
            is_made_here = (
                isinstance(value, Made) and value.scope is scope and self._is_new(target, scope, env)
            )
            records = [
                record for klass in classes if (record := self.rows.records.of_class(klass)) is not None
            ]
            return not is_made_here and any(_is_payable(each, target.attr) for each in records)
        name = terminal(target.value)
        return not only_tells(name) and _is_saved(name, scope)

    def _settled(
        self, target: ast.Attribute, value: ast.expr, node: ast.AST, scope: Scope, env: Environment
    ) -> Iterator[Sink]:
        is_settled_now = self.statuses.says_settled(value, target.attr, scope, env)
        says_done = is_settled_now or self.statuses.says_done(value, target.attr, scope, env)
        if (
            (is_settled_now and self._is_settleable(target.value, scope, env))
            or (
                (says_done or self.statuses.is_said_elsewhere(value, scope, env))
                and (
                    self._is_kept_movement(target.value, scope, env, or_invoice=True)
                    or self._is_unknown_movement(target.value, scope, env)
                )
            )
            or (
                self.statuses.says_paid(value, target.attr, scope, env)
                and self._is_paid_for(target, scope, env)
            )
        ):
            what = f"{shown(target)} = {shown(value)}"
            says_end = says_done or self.statuses.says_paid(value, target.attr, scope, env)
            yield Sink("status", what, node, needs="" if says_end else "an end")

    def _is_kept_movement(
        self, node: ast.expr, scope: Scope, env: Environment, *, or_invoice: bool = False
    ) -> bool:
        """Whether something is a row of a movement, or of an invoice, which somebody else's message may say is paid."""
        return any(
            record.money == "movement" or (or_invoice and is_invoice(record.name))
            for record in self.rows.of(node, scope, env)
        )

    def _is_unknown_movement(self, node: ast.expr, scope: Scope, env: Environment) -> bool:
        """Whether something of a class that nobody knows is called like a movement, and saved where its status is set: a
        model that a setting names, a row of another package.
        """
        return (
            isinstance(node, ast.Name)
            and is_movement(node.id)
            and not self.rows.classes(node, scope, env)
            and _is_saved(node.id, scope)
        )

    def _is_settleable(self, node: ast.expr, scope: Scope, env: Environment) -> bool:
        """Whether something is a movement: by its record, by its class's name where no library keeps it, by its own."""
        classes = self.rows.classes(node, scope, env)
        records = [record for klass in classes if (record := self.rows.records.of_class(klass)) is not None]
        if records:
            return any(map(_settles, records))
        names = [klass.node.name for klass in classes] or [terminal(node)]
        return any(map(is_movement, names))

    def _is_balance(self, target: ast.expr, scope: Scope, env: Environment) -> bool:
        if isinstance(target, ast.Subscript):
            return self._is_balance_item(target, scope, env)
        if not isinstance(target, ast.Attribute) or not (is_credit(target.attr) or target.attr == "value"):
            return False
        if (
            isinstance(target.value, ast.Name)
            and target.value.id == "self"
            and not self._records(target, scope, env)
        ):
            return False
        classes = self.rows.classes(target.value, scope, env)
        if not classes:
            return is_balance(target.attr)
        records = [record for each in classes if (record := self.rows.records.of_class(each)) is not None]
        return any(
            record.holds_in(target.attr) or (is_balance(target.attr) and self._keeps(record, target.attr))
            for record in records
        )

    def _keeps(self, record: Record, name: str) -> bool:
        """Whether a row keeps what it is given under a name: not what a view only puts on it for its page."""
        bases = self.evaluator.mro(record.klass) if record.klass is not None else []
        is_known = all(isinstance(base, Klass) or is_of_library(base) for base in bases)
        return (
            name in record.columns
            or not is_known
            or (record.klass is not None and self.evaluator.class_attribute(record.klass, name) is not None)
        )

    def _records(self, target: ast.Attribute, scope: Scope, env: Environment) -> list[Record]:
        return self.rows.of(target.value, scope, env)

    def _is_balance_item(self, target: ast.Subscript, scope: Scope, env: Environment) -> bool:
        if not _SETTINGS.isdisjoint(words(terminal(target.value))) or _is_made_here(target.value, scope):
            return False
        if is_in_memory(target.value, scope):
            return False
        key = self.evaluator.evaluate(target.slice, scope, env)
        if isinstance(key, Const) and isinstance(key.value, str) and is_balance(key.value):
            return True
        return is_balance(terminal(target.value))

    def _made(self, callee: Value, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        for option in options(callee):
            if isinstance(option, Klass):
                yield from self._made_of(option, node, scope, env)
            elif isinstance(option, Member):
                yield from self._made_by_method(option, node)
            elif isinstance(option, Made) and (node.args or node.keywords):
                for klass in self.rows.swapped(option):
                    record = self.rows.records.of_class(klass)
                    if record is not None and record.money == "movement":
                        yield Sink("row", f"{shown(node.func)}(…) of {record.name}", node, is_pending=True)

    def _made_of(self, klass: Klass, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        record = self.rows.records.of_class(klass)
        if record is None or not (node.args or node.keywords or _is_filled(node, scope)):
            return
        if self.statuses.is_draft(node, scope, env):
            return
        if record.money == "movement":
            yield Sink("row", f"{record.name}(…)", node, is_pending=not record.inserts)
        elif record.money == "holder" and self._begins_with_money(record, node, scope, env):
            begun = f"{record.name}(…) with a balance"
            yield Sink("balance", begun, node, is_pending=not record.inserts)

    def _made_by_method(self, callee: Member, node: ast.Call) -> Iterator[Sink]:
        """A row that a class method makes of values, or that a manager makes of its model."""
        if callee.name in _FROM_VALUES and isinstance(callee.owner, Klass):
            record = self.rows.records.of_class(callee.owner)
            if record is not None and record.money == "movement":
                yield Sink("row", f"{record.name}.{callee.name}(…)", node, is_pending=True)
        elif node.keywords:
            is_managers = callee.name in _MODEL_OF_MANAGER
            classes = self.rows.of_value(callee) if is_managers else self.rows.named_by(callee)
            made = [self.rows.records.of_class(klass) for klass in classes]
            for record in [each for each in made if each is not None and each.money == "movement"]:
                yield Sink("row", f"{shown(node.func)}(…) of {record.name}", node, is_pending=True)

    def _begins_with_money(self, record: Record, node: ast.Call, scope: Scope, env: Environment) -> bool:
        """Whether a row is made with a balance that is not nothing."""
        given = [word.value for word in node.keywords if word.arg is not None and is_balance(word.arg)]
        if is_stored_value(record.name):
            given += [value for column, value in self._given(node, scope, env) if is_opening(column)]
        return any(
            not isinstance(self.evaluator.evaluate(value, scope, env), Const)
            and not _is_zero(value)
            and not is_copied(value, scope)
            for value in given
        )

    def _created(
        self, owner: ast.expr | None, node: ast.Call, scope: Scope, env: Environment
    ) -> Iterator[Sink]:
        if self.statuses.is_draft(node, scope, env):
            return
        about = [*([_asked(owner, scope)] if owner is not None else []), *node.args[:1]]
        for part in about:
            for record in self.rows.of(part, scope, env):
                if record.money == "movement":
                    yield Sink("row", f"{shown(node.func)}(…) of {record.name}", node)
                elif record.money == "holder" and self._begins_with_money(record, node, scope, env):
                    yield Sink("balance", f"{shown(node.func)}(…) of {record.name} with a balance", node)

    def _updated(self, owner: ast.expr, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        given = {
            column: value
            for column, value in self._given(node, scope, env)
            if not (is_balance(column) and is_copied(value, scope))
        }
        if not given or not _SETTINGS.isdisjoint(words(terminal(owner))):
            return
        records = self.rows.of(owner, scope, env)
        is_pending = _is_statement(owner, self.evaluator.evaluate(owner, scope, env))
        for column, value in given.items():
            if any(record.holds_in(column) for record in records) or (is_balance(column) and records):
                yield Sink("balance", f"{shown(node.func)}({column}=…)", node, is_pending)
            elif is_balance(column) and self._names_table(node, scope, env):
                yield Sink("sql", f"{shown(node.func)}({column}=…)", node)
            elif is_balance(column) and _is_document(owner):
                yield Sink("document", f"{shown(node.func)}({column}=…)", node)
            elif records and _adds(column, value):
                yield Sink("balance", f"{shown(node.func)}({column}=…)", node, is_pending)
            elif any(record.money == "movement" for record in records) and (
                _is_insert(owner) or column == "amount"
            ):
                yield Sink("row", f"{shown(node.func)}({column}=…)", node, is_pending)
            elif (is_status(column) or is_paid_flag(column)) and self._settles(
                column, value, records, scope, env
            ):
                yield Sink("status", f"{shown(node.func)}({column}=…)", node, is_pending)

    def _settles(
        self, column: str, value: ast.expr, records: list[Record], scope: Scope, env: Environment
    ) -> bool:
        """Whether to give this status to rows of one of these records settles them."""
        if any(map(_settles, records)) and self.statuses.says_settled(value, column, scope, env):
            return True
        if any(_is_payable(record, column) for record in records) and self.statuses.says_paid(
            value, column, scope, env
        ):
            return True
        return any(record.money == "movement" for record in records) and self.statuses.may_settle(
            value, column, scope, env
        )

    def _set_by_name(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """``setattr(account, "balance", …)`` as the assignment it is."""
        for option in options(self.evaluator.evaluate(node.args[1], scope, env)):
            if isinstance(option, Const) and isinstance(option.value, str) and option.value.isidentifier():
                target = ast.copy_location(ast.Attribute(node.args[0], option.value, ast.Store()), node)
                if self._is_balance(target, scope, env):
                    yield Sink("balance", f"{shown(target)} = …", node)
                elif is_status(option.value) or is_paid_flag(option.value):
                    yield from self._settled(target, node.args[2], node, scope, env)
            elif self._is_kept_movement(node.args[0], scope, env):
                yield Sink("row", f"{shown(node)}, whatever its columns", node)

    def _names_table(self, node: ast.Call, scope: Scope, env: Environment) -> bool:
        """Whether a call is given a table's name before what is written to it: ``db.update("wallets", {"balance": 1})``."""
        first = self.evaluator.evaluate(node.args[0], scope, env) if len(node.args) > 1 else None
        return isinstance(first, Const) and isinstance(first.value, str) and first.value.isidentifier()

    def _given(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[tuple[str, ast.expr]]:
        for word in node.keywords:
            if word.arg is not None:
                yield word.arg, word.value
            else:
                yield from self._unpacked(word.value, scope, env)
        for argument in node.args:
            if isinstance(argument, ast.Name):
                yield from self._unpacked(argument, scope, env)
            if isinstance(argument, ast.Dict):
                for key, value in zip(argument.keys, argument.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, value
                    elif isinstance(key, ast.Attribute):
                        yield key.attr, value

    def _unpacked(self, node: ast.expr, scope: Scope, env: Environment) -> Iterator[tuple[str, ast.expr]]:
        """The columns of a mapping that is known: ``values(**data)``."""
        for option in options(self.evaluator.evaluate(node, scope, env)):
            for name, value in option.pairs if isinstance(option, Table) else ():
                if isinstance(name, Const) and isinstance(name.value, str):
                    told = value.value if isinstance(value, Const) else None
                    constant = ast.Constant(told) if isinstance(told, str | bool) else None
                    yield name.value, ast.copy_location(constant, node) if constant is not None else node

    def _saved(self, owner: ast.expr, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        for option in options(self.evaluator.evaluate(owner, scope, env)):
            if isinstance(option, Made) and isinstance(option.callee, Klass):
                record = self.rows.records.of_class(option.callee)
                is_new = bool(option.call.args or option.call.keywords) and not self.statuses.is_draft(
                    option.call, option.scope, option.environment
                )
                if record is not None and record.money == "movement" and is_new:
                    yield Sink("row", f"{shown(owner)}.save() of {record.name}", node)
        given = [
            record
            for each in self.rows.given.in_formset(scope)
            if (record := self.rows.records.of_class(each))
        ]
        if _is_given_by_admin(owner, scope) or given:
            for record in (*self.rows.of(owner, scope, env), *given):
                if record.money == "movement":
                    yield Sink("row", f"{shown(owner)}.save() of {record.name}", node)


def _is_given_by_admin(owner: ast.expr, scope: Scope) -> bool:
    """Whether something is the row that Django's admin gives ``save_model`` to keep, new or changed."""
    node = scope.node
    if not (isinstance(node, ast.FunctionDef) and node.name == "save_model" and isinstance(owner, ast.Name)):
        return False
    return [argument.arg for argument in positional(node)[2:3]] == [owner.id]


def _is_saved(name: str, scope: Scope) -> bool:
    """Whether a function saves what it calls so: ``payment.save()``, or commits what it has."""
    return any(
        (part.attr in {"save", "asave"} and terminal(part.value) == name) or part.attr in {"commit", "flush"}
        for part in ast.walk(scope.node)
        if isinstance(part, ast.Attribute)
    )


def _is_now(value: ast.expr) -> bool:
    """Whether a value is the present time: ``timezone.now()``, ``payment.paid_at or utc_now()``."""
    return any(
        isinstance(part, ast.Call) and not {"now", "today", "utcnow"}.isdisjoint(words(terminal(part.func)))
        for part in ast.walk(value)
    )


def _is_made_here(node: ast.expr, scope: Scope) -> bool:
    """Whether a mapping is only just made in a function: ``balances = {}``."""
    bindings = scope.bindings.get(node.id, ()) if isinstance(node, ast.Name) and scope.is_function else ()
    return bool(bindings) and all(isinstance(each.node, ast.Dict | ast.DictComp) for each in bindings)


def _is_reckoned(target: ast.Subscript, value: ast.expr) -> bool:
    """Whether the balance of a mapping is worked out of something else than itself, as a report has it."""
    if isinstance(target.slice, ast.Constant):
        return added(str(target.slice.value), value) is None
    own = ast.dump(ast.copy_location(ast.Subscript(target.value, target.slice, ast.Load()), target))
    return not (isinstance(value, ast.BinOp) and any(ast.dump(part) == own for part in ast.walk(value)))


def _adds(column: str, value: ast.expr) -> bool:
    """Whether a column that says how much there is by now is counted up or down."""
    other = added(column, value)
    return other is not None and counts_in_place(column, other)


def _is_filled(node: ast.Call, scope: Scope) -> bool:
    """Whether a row that is made empty gets its columns one by one: ``payment = Payment()``, ``payment.amount = 1``."""
    names = [name for name, bindings in scope.bindings.items() if any(each.node is node for each in bindings)]
    return any(other.startswith(f"{name}.") for name in names for other in scope.bindings)


def _asked(owner: ast.expr, scope: Scope) -> ast.expr:
    """``super()`` in a manager's own ``create`` as the manager."""
    function = scope.node
    if (
        isinstance(owner, ast.Call)
        and terminal(owner.func) == "super"
        and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    ):
        names = [argument.arg for argument in positional(function)]
        return ast.copy_location(ast.Name(names[0], ast.Load()), owner) if names else owner
    return owner


def _is_zero(value: ast.expr) -> bool:
    """Whether a value is written as nothing: ``Decimal(0)``, ``Money("0.00", "EUR")``."""
    if isinstance(value, ast.Call) and value.args:
        return _is_zero(value.args[0])
    return isinstance(value, ast.Constant) and not str(value.value).strip("0.")


def _is_worked_out(part: ast.Attribute | ast.Subscript, value: ast.expr, scope: Scope) -> bool:
    """Whether a row works out a column of its own whenever it is saved: a second time it comes to the same."""
    node = scope.node
    is_own_save = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in _SAVING
    if not (is_own_save and isinstance(part, ast.Attribute) and terminal(part.value) == "self"):
        return False
    return not any(isinstance(each, ast.Attribute) and each.attr == part.attr for each in ast.walk(value))


def _is_payable(record: Record, column: str) -> bool:
    """Whether a record has a column, and is more than what tells of money."""
    return column in record.columns and not only_tells(record.name)


def _settles(record: Record) -> bool:
    return record.money in {"movement", "settleable"}


def _is_statement(owner: ast.expr, value: Value) -> bool:
    """Whether what writes is a statement that something has to execute, as SQLAlchemy's and peewee's are."""
    node: ast.expr = owner
    while isinstance(node, ast.Call | ast.Attribute | ast.Await):
        if isinstance(node, ast.Call) and terminal(node.func) in {"update", "insert", "pg_insert"}:
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(value, Klass)


def _is_document(owner: ast.expr) -> bool:
    """Whether something is a document of a store, by how it was reached: ``store.collection("wallets").document(key)``."""
    return any(
        isinstance(node, ast.Name | ast.Attribute) and _DOCUMENT.intersection(words(terminal(node)))
        for node in ast.walk(owner)
    )


def _is_insert(owner: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Call) and terminal(node.func) in {"insert", "pg_insert"}
        for node in ast.walk(owner)
    )
