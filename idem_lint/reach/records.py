"""Records: classes and tables whose rows a database keeps, and which of them are money.

Told by their shape, whatever library keeps them: Django, SQLAlchemy, SQLModel, Tortoise, peewee, Pony, MongoEngine, Beanie.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Module, terminal
from idem_lint.engine.value_types import Const, External, Klass, Made
from idem_lint.reach.balance_copies import is_reading
from idem_lint.reach.column_names import is_amount, is_balance, is_credit, is_opening
from idem_lint.reach.name_words import words
from idem_lint.reach.origins import origin
from idem_lint.reach.record_names import (
    has_one_amount,
    is_booked,
    is_holder,
    is_movement,
    is_party,
    is_posting,
    is_settleable,
    is_stored_value,
    may_be_movement,
)
from idem_lint.reach.record_shapes import is_between, is_paid, is_spent

Money: TypeAlias = Literal["movement", "holder", "settleable", ""]

_BASES = (
    "django.db.models",
    "sqlmodel.SQLModel",
    "sqlalchemy.orm.DeclarativeBase",
    "sqlalchemy.orm.MappedAsDataclass",
    "sqlalchemy.orm.declarative_base",
    "sqlalchemy.ext.declarative",
    "flask_sqlalchemy",
    "tortoise",
    "peewee",
    "pony.orm",
    "mongoengine",
    "beanie.Document",
    "odmantic",
    "piccolo",
    "gino",
    "ormar",
    "mptt.models",
    "polymorphic.models",
    "model_utils.models",
)
_FOREIGN_KEYS = frozenset(
    {"ForeignKey", "ManyToManyField", "OneToOneField", "TreeForeignKey", "ForeignKeyField"}
)
_COLUMN_CALLS = frozenset({"Column", "mapped_column", "relationship", "Required", "Optional", "PrimaryKey"})
_NO_COLUMNS = (
    "django.forms",
    "rest_framework",
    "wtforms",
    "flask_wtf",
    "marshmallow",
    "graphene",
    "pydantic",
    "dataclasses",
    "attr",
    "attrs",
    "strawberry",
    "django_filters",
    "import_export",
)
_PONY = tuple(External(f"pony.orm.{name}") for name in ("Required", "Optional", "PrimaryKey", "Set"))


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A class or table whose rows are kept: its name and its columns."""

    name: str
    columns: frozenset[str]
    klass: Klass | None = None
    money: Money = ""

    inserts: bool = False
    """Whether to make an instance is to insert a row (Pony)."""

    def holds_in(self, column: str) -> bool:
        """Whether a column says how much of its money a holder has."""
        return self.money == "holder" and (
            is_credit(column) or (column == "value" and has_one_amount(self.name, self.columns))
        )


@dataclass(slots=True)
class Records:
    """What the classes of a project are as records, each looked at once."""

    evaluator: Evaluator
    named: dict[str, Money] = field(default_factory=dict[str, Money])
    modules: Callable[[], list[Module]] = list
    _related: dict[str, list[Klass]] | None = None
    _names: dict[str, list[Klass]] | None = None
    _known: dict[ast.AST, Record | None] = field(default_factory=dict[ast.AST, "Record | None"])

    def of_class(self, klass: Klass) -> Record | None:
        """The record that a class is; ``None`` for one that no database keeps."""
        if klass.node not in self._known:
            self._known[klass.node] = None  # a class may lead to itself
            self._known[klass.node] = self._of_class(klass)
        return self._known[klass.node]

    def named_classes(self, name: str) -> list[Klass]:
        """The records of a name that the source only spells: ``get_model("bank", "Payment")``, ``"bank.Payment"``."""
        names = self._by_name()
        name = name.rpartition(".")[2]
        for spelt in (name, f"Abstract{name}", f"Base{name}", f"{name}Base"):
            found = [klass for klass in names.get(spelt, []) if self.of_class(klass) is not None]
            if found:
                return found[:1]
        return []

    def ending_with(self, word: str) -> list[Klass]:
        """The first record whose name ends with a word: of ``payment`` that is called ``CardPayment``."""
        for name, classes in self._by_name().items():
            if words(name)[-1:] == (word,):
                found = [klass for klass in classes if self.of_class(klass) is not None]
                if found:
                    return found[:1]
        return []

    def _by_name(self) -> dict[str, list[Klass]]:
        if self._names is None:
            self._names = {}
            for module in self.modules():
                for node, scope in module.classes:
                    self._names.setdefault(node.name, []).append(Klass(node, scope))
        return self._names

    def related(self, name: str) -> list[Klass]:
        """The classes whose rows are reached from another record by this name: Django's ``related_name``, or ``…_set``."""
        if self._related is None:
            self._related = {}
            for module in self.modules():
                for node, scope in module.classes:
                    for related in _related_names(node):
                        self._related.setdefault(related, []).append(Klass(node, scope))
                    for related, model in _relationships(node):
                        self._related.setdefault(related, []).extend(self._by_name().get(model, [])[:1])
        return self._related.get(name, [])

    def of_table(self, made: Made) -> Record | None:
        """The record that a call of SQLAlchemy's ``Table`` makes."""
        if not origin(made.callee).endswith(".Table") or not made.call.args:
            return None
        name = self.evaluator.evaluate(made.call.args[0], made.scope, made.environment)
        if not (isinstance(name, Const) and isinstance(name.value, str)):
            return None
        columns = frozenset(self._column_names(made))
        return Record(name.value, columns, None, self._money(name.value, columns))

    def _column_names(self, made: Made) -> Iterator[str]:
        for argument in made.call.args[1:]:
            if isinstance(argument, ast.Call) and terminal(argument.func) == "Column" and argument.args:
                value = self.evaluator.evaluate(argument.args[0], made.scope, made.environment)
                if isinstance(value, Const) and isinstance(value.value, str):
                    yield value.value

    def _of_class(self, klass: Klass) -> Record | None:
        bases = self.evaluator.mro(klass)
        classes = [base for base in bases if isinstance(base, Klass)]
        if _is_a_form(bases, classes):
            return None
        if not (self._is_kept_by_base(bases) or any(self._is_kept(each) for each in classes)):
            return None
        columns = frozenset(name for each in classes for name in _columns(each.node))
        money = self._money(klass.node.name, columns)
        return Record(klass.node.name, columns, klass, money, any(map(self._is_ponys, classes)))

    def _is_ponys(self, klass: Klass) -> bool:
        return any(
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and self.evaluator.evaluate(node.value.func, klass.body, klass.environment) in _PONY
            for node in klass.node.body
        )

    def _is_kept_by_base(self, bases: list[Klass | External]) -> bool:
        return any(isinstance(base, External) and base.name.startswith(_BASES) for base in bases)

    def _is_kept(self, klass: Klass) -> bool:
        for node in klass.node.body:
            if isinstance(node, ast.AnnAssign) and _is_mapped(node.annotation):
                return True
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            name = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if isinstance(name, ast.Name) and name.id == "__tablename__":
                return True
            if isinstance(value, ast.Call) and self._is_column(value, klass):
                return True
        return False

    def _is_column(self, call: ast.Call, klass: Klass) -> bool:
        name = terminal(call.func)
        if name not in _COLUMN_CALLS and not (name.endswith("Field") and name != "Field"):
            return False
        origin = self.evaluator.evaluate(call.func, klass.body, klass.environment)
        return not (isinstance(origin, External) and origin.name.startswith(_NO_COLUMNS))

    def _money(self, name: str, columns: frozenset[str]) -> Money:
        if name in self.named:
            return self.named[name]
        has_amount, has_holder = any(map(is_amount, columns)), any(map(_leads_to_holder, columns))
        if is_movement(name) and (has_amount or has_holder):
            return "movement"
        if may_be_movement(name) and has_amount and (has_holder or any(map(is_party, columns))):
            return "movement"
        if is_booked(name, columns) or is_posting(name, columns):
            return "movement"
        if is_spent(name, columns) or is_paid(name, columns) or is_between(name, columns):
            return "movement"
        if any(map(is_balance, columns)) or (is_holder(name) and any(map(is_credit, columns))):
            return "" if is_reading(name, columns) else "holder"
        if has_one_amount(name, columns) or (is_stored_value(name) and any(map(is_opening, columns))):
            return "holder"
        return "settleable" if is_settleable(name) and has_amount else ""


def _is_a_form(bases: list[Klass | External], classes: list[Klass]) -> bool:
    """Whether a class of SQLModel is no table, but what a request or an answer looks like: without ``table=True``."""
    is_sqlmodel = any(isinstance(base, External) and base.name == "sqlmodel.SQLModel" for base in bases)
    return is_sqlmodel and not any(
        word.arg in {"table", None} for each in classes for word in each.node.keywords
    )


def _relationships(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """SQLAlchemy's ``wallet = relationship("Wallet")``: the attribute, and the class that it leads to."""
    for part in node.body:
        value = part.value if isinstance(part, ast.Assign | ast.AnnAssign) else None
        target = part.targets[0] if isinstance(part, ast.Assign) else getattr(part, "target", None)
        if (
            isinstance(value, ast.Call)
            and terminal(value.func) == "relationship"
            and isinstance(target, ast.Name)
        ):
            for argument in value.args[:1]:
                named = argument.value if isinstance(argument, ast.Constant) else terminal(argument)
                yield target.id, str(named).rpartition(".")[2]


def _related_names(node: ast.ClassDef) -> Iterator[str]:
    is_target = False
    for part in node.body:
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call):
            if terminal(part.value.func) in _FOREIGN_KEYS:
                is_target = True
                if terminal(part.value.func) == "OneToOneField":
                    yield node.name.lower()
                for word in part.value.keywords:
                    if word.arg == "related_name" and isinstance(word.value, ast.Constant):
                        yield str(word.value.value)
    if is_target:
        yield f"{node.name.lower()}_set"


def is_of_library(base: External) -> bool:
    """Whether a base is one of the libraries that keep records, which have no columns of their own."""
    return base.name.startswith((*_BASES, "builtins", "typing"))


def _is_mapped(annotation: ast.expr) -> bool:
    node = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return terminal(node) in {"Mapped", "DynamicMapped", "WriteOnlyMapped"}


def _leads_to_holder(column: str) -> bool:
    return not {"account", "wallet", "iban"}.isdisjoint(words(column))


def _columns(node: ast.ClassDef) -> Iterator[str]:
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            yield part.target.id
        elif isinstance(part, ast.Assign):
            for target in part.targets:
                if isinstance(target, ast.Name) and isinstance(part.value, ast.Call):
                    yield target.id


def columns_of(evaluator: Evaluator, klass: Klass) -> Iterator[str]:
    """The names that a class and its bases in the project give what an instance keeps."""
    for base in evaluator.mro(klass):
        if isinstance(base, Klass):
            yield from _columns(base.node)
            for part in base.node.body:
                if isinstance(part, ast.FunctionDef) and part.name == "__init__":
                    names = base.module.scopes[part].bindings
                    yield from (name.removeprefix("self.") for name in names if name.startswith("self."))
