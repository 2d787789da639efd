"""What frameworks run of the project by themselves: ``perform_create`` behind ``create``, ``form_valid`` behind ``post``, a
serializer's ``create`` behind ``save``, a model's ``save`` behind ``objects.create``.

The names are those of Django REST framework (generics, mixins, serializers) and of Django (class-based views, model
forms, ``Model.save``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.module_facts import positional, terminal
from idem_lint.engine.scope_lookup import SELF
from idem_lint.engine.value_types import (
    Const,
    Environment,
    External,
    Func,
    Items,
    Klass,
    Made,
    Table,
    Value,
    options,
)
from idem_lint.reach.calls import Callees
from idem_lint.reach.column_names import is_amount, is_balance, is_status
from idem_lint.reach.given_balances import GivenBalances
from idem_lint.reach.name_words import words
from idem_lint.reach.records import Record
from idem_lint.reach.targets import Target
from idem_lint.reach.unread_bases import ANSWERS, hooks, unread_bases
from idem_lint.reach.view_serializers import ViewSerializers

_BEHIND: dict[str, tuple[str, ...]] = {
    "post": (
        "post",
        "create",
        "form_valid",
        "perform_create",
        "mutate_and_get_payload",
    ),
    "mutate": ("mutate", "mutate_and_get_payload", "perform_mutation", "_mutate", "async_mutate"),
    "put": ("put", "update", "form_valid", "perform_update"),
    "create": ("create", "perform_create"),
    "update": ("update", "perform_update"),
    "partial_update": ("partial_update", "update", "perform_update"),
    "destroy": ("destroy", "perform_destroy"),
    "form_valid": ("form_valid",),
    "dispatch": ("post", "form_valid"),
    "perform_create": ("perform_create",),
    "perform_update": ("perform_update",),
}
"""The methods of a class that a framework's method of the first name runs, outermost first."""
_SAVES_BY_ITSELF = frozenset(
    {"post", "create", "form_valid", "perform_create", "put", "update", "partial_update", "perform_update"}
)

_SAVES_ITS_FORM = frozenset({"create", "form_valid", "perform_create", "post", "update", "perform_update"})

_REDIRECTS = frozenset({"get", "post", "put", "patch", "delete", "head"})
"""The methods by which Django's ``RedirectView`` works out where to go."""
_DELETES = frozenset({"delete", "deletion", "destroy", "remove"})
_MAKES = frozenset({"create", "update"})
_EDITS = ("UpdateView", "UpdateAPIView")
_FORM_FACTORIES = {
    "modelform_factory": 0,
    "modelformset_factory": 0,
    "inlineformset_factory": 1,
    "generic_inlineformset_factory": 0,
}
"""Django's functions that make a form or a set of forms for a model, with the place of the model among the arguments."""


class Hooks:
    """Follows what a framework does between two pieces of the project."""

    def __init__(self, callees: Callees) -> None:
        self.callees = callees
        self.evaluator = callees.evaluator
        self.records = callees.rows.records
        self._serializers = ViewSerializers(callees.evaluator)
        self._balances = GivenBalances(callees.evaluator, self.records)

    def behind(self, klass: Klass, name: str, *, is_above: bool = False) -> Iterator[Target]:
        """What runs when a framework's own ``name`` is called on an instance of a project class; ``is_above``: by
        ``super()`` in its own method of that name.
        """
        for method in self._methods(klass, name):
            if is_above and method == name:
                continue
            found = self.callees.method(klass, method)
            if found is not None:
                yield self._with_form(found, klass, method)
                return
        if name in ANSWERS and unread_bases(self.evaluator, klass):
            for method in hooks(self.evaluator, klass):
                found = self.callees.method(klass, method)
                yield from [found] if found is not None else []
        if name in _SAVES_BY_ITSELF:
            for saved in self._saved_by(klass):
                yield from self.behind_save(saved)

    def _with_form(self, target: Target, klass: Klass, method: str) -> Target:
        """``perform_create(self, serializer)`` and ``form_valid(self, form)`` with what the framework gives them."""
        if method not in {"perform_create", "perform_update", "form_valid"} or not isinstance(
            target.function, Func
        ):
            return target
        names = [each.arg for each in positional(target.function.node)[1:2]]
        given = next(self._saved_by(klass), None)
        if given is None or not names:
            return target
        return Target(
            target.function, {**target.environment, (id(target.function.node), names[0]): instance_of(given)}
        )

    def records_behind(self, klass: Klass, name: str) -> Iterator[Record]:
        """The records whose rows a framework's own ``name`` makes for a view class."""
        saves = name in _SAVES_BY_ITSELF or (
            name == "mutate" and any(map(_is_made_by, self.evaluator.mro(klass)))
        )
        yield from self.records_of(klass) if saves and not self._is_own(klass, name) else ()

    def holders_behind(self, klass: Klass, name: str) -> Iterator[Record]:
        """The holders of money whose balance a framework's own ``name`` takes from the request, by a view's form."""
        if name in _SAVES_BY_ITSELF and not self._is_own(klass, name):
            for form in (klass, *self._saved_by(klass)):
                yield from self.holders_by(form)

    def holders_by(self, form: Klass) -> Iterator[Record]:
        """The holder of money whose balance ``save()`` of a form or serializer takes, where the project does not say how."""
        given = self._balances.of(form)
        if given is not None and not any(self.callees.method(form, name) for name in ("save", "create")):
            yield given

    def _is_own(self, klass: Klass, name: str) -> bool:
        """Whether the project itself has what a framework's ``name`` runs."""
        return any(self.callees.method(klass, method) is not None for method in self._methods(klass, name))

    def _methods(self, klass: Klass, name: str) -> tuple[str, ...]:
        """The methods that a framework's ``name`` runs: by POST a view that deletes ran ``delete`` before Django 4."""
        methods = _BEHIND.get(name, (name,))
        if name in _REDIRECTS and any(map(_is_redirected_by, self.evaluator.mro(klass))):
            methods = (*methods, "get_redirect_url")
        is_deleting = name == "post" and any(map(_is_deleted_by, self.evaluator.mro(klass)))
        return (*methods, "delete") if is_deleting else methods

    def records_of(self, klass: Klass) -> Iterator[Record]:
        """The records whose rows a view class makes through its serializer, its form or its model."""
        bases = self.evaluator.mro(klass)
        if any(map(_is_deleted_by, bases)) and not any(map(_is_made_by, bases)):
            return
        is_edited = any(isinstance(base, External) and base.name.endswith(_EDITS) for base in bases)
        for saved in self._saved_by(klass):
            yield from self.made_by(saved, is_edited=is_edited)
        forms = [klass, *self._saved_by(klass)]
        if not is_edited or all(map(self._edits_money, forms)):
            yield from self._model_of(klass)

    def behind_save(self, klass: Klass) -> Iterator[Target]:
        """What ``save()`` of a serializer or form runs that the project wrote."""
        for name in ("save", "create", "update"):
            found = self.callees.method(klass, name)
            if found is not None:
                yield found

    def made_by(self, klass: Klass, *, is_edited: bool = False) -> Iterator[Record]:
        """The record whose rows ``save()`` of a model form or model serializer makes, where the project does not say how.
        ``is_edited``: its row is there already, so that it matters which columns the form has.
        """
        if any(self.callees.method(klass, name) is not None for name in ("save", "create")):
            return
        if is_edited and not self._edits_money(klass):
            return
        for meta in _classes(self.evaluator.class_attribute(klass, "Meta")):
            yield from self._model_of(meta)

    def of_save(self, owner: Value) -> Iterator[Klass]:
        """The serializer or form classes of what ``.save()`` is called on."""
        if not isinstance(owner, Made):
            yield from self.callees.rows.of_value(owner)
            return
        yield from _classes(owner.callee)
        yield from self._serializers.of_made(owner)

    def is_of_row(self, form: Value) -> bool:
        """Whether a form is about a row that is there already: ``PaymentForm(request.POST, instance=payment)``."""
        return isinstance(form, Made) and any(self._gives_row(word, form) for word in form.call.keywords)

    def _gives_row(self, word: ast.keyword, form: Made) -> bool:
        if word.arg is not None:
            return word.arg == "instance"
        given = self.evaluator.evaluate(word.value, form.scope, form.environment)
        return isinstance(given, Table) and given.get("instance") is not None

    def _edits_money(self, klass: Klass) -> bool:
        """Whether a form or a view has a column for an amount or a status among its fields, or does not say which."""
        metas = _classes(self.evaluator.class_attribute(klass, "Meta"))
        for part in (klass, *metas):
            fields = self.evaluator.class_attribute(part, "fields")
            if isinstance(fields, Items) and fields.complete and fields.items:
                names = [str(item.value) for item in fields.items if isinstance(item, Const)]
                return any(is_amount(name) or is_balance(name) or is_status(name) for name in names)
        return True

    def of_made_form(self, owner: Value) -> Iterator[Record]:
        """The records that ``save()`` makes of a form whose class a function of Django's made for a model."""
        factory = owner.callee if isinstance(owner, Made) else None
        at = _FORM_FACTORIES.get(terminal(factory.call.func)) if isinstance(factory, Made) else None
        if at is None or not isinstance(factory, Made):
            return
        for argument in factory.call.args[at : at + 1]:
            for model in _classes(self.evaluator.evaluate(argument, factory.scope, factory.environment)):
                record = self.records.of_class(model)
                yield from [record] if record is not None else []

    def _saved_by(self, klass: Klass) -> Iterator[Klass]:
        """The serializer or form classes that a view class names."""
        yield from self._serializers.of_view(klass)

    def _model_of(self, klass: Klass) -> Iterator[Record]:
        named = [self.evaluator.class_attribute(klass, name) for name in ("model", "_model")]
        for option in [each for value in named if value is not None for each in options(value)]:
            models = [option] if isinstance(option, Klass) else []
            models = self.callees.rows.swapped(option) if isinstance(option, Made) else models
            records = (self.records.of_class(model) for model in models)
            yield from (record for record in records if record is not None)

    def records_above(self, klass: Klass, name: str) -> Iterator[Record]:
        """The records whose rows ``super().name(…)`` makes, where the next class is a framework's: of a view, of a form or
        serializer, of an admin.
        """
        if name in _SAVES_ITS_FORM:
            yield from self.records_of(klass)
        if name in {"save", "create", "update"}:
            for meta in _classes(self.evaluator.class_attribute(klass, "Meta")):
                yield from self._model_of(meta)
        elif name in {"save_model", "save_formset"}:
            given = self.callees.rows.given
            models = given.of_admin(klass) if name == "save_model" else given.of_inlines(klass)
            yield from (record for model in models if (record := self.records.of_class(model)) is not None)

    def behind_row(self, record: Record) -> Iterator[Target]:
        """A model's own ``save``, which making a row runs."""
        if record.klass is not None:
            found = self.callees.method(record.klass, "save")
            if found is not None:
                yield found


def _is_deleted_by(base: Klass | External) -> bool:
    """Whether a base of another package deletes, by its name: ``DeleteView``, ``BaseDeleteMutationMixin``."""
    return isinstance(base, External) and not _DELETES.isdisjoint(words(base.name.rpartition(".")[2]))


def _is_redirected_by(base: Klass | External) -> bool:
    return isinstance(base, External) and base.name.endswith(".RedirectView")


def _is_made_by(base: Klass | External) -> bool:
    return isinstance(base, External) and not _MAKES.isdisjoint(words(base.name.rpartition(".")[2]))


def _classes(value: Value | None) -> list[Klass]:
    """The classes that a value may be."""
    return [option for option in options(value) if isinstance(option, Klass)] if value is not None else []


def instance_of(klass: Klass) -> Made:
    """An instance of a class of which nothing else is known."""
    return Made(klass, SELF, klass.scope, klass.environment)


def self_of(function: Func, env: Environment) -> Klass | None:
    """The class of the instance whose method runs, where that is known."""
    for argument in [*function.node.args.posonlyargs, *function.node.args.args][:1]:
        value = env.get((id(function.node), argument.arg))
        if isinstance(value, Made) and isinstance(value.callee, Klass):
            return value.callee
    return None


def calls_super(node: ast.Call) -> str:
    """The method that ``super().name(…)`` asks for; empty for another call."""
    func = node.func
    if (
        isinstance(func, ast.Attribute)
        and isinstance(func.value, ast.Call)
        and terminal(func.value.func) == "super"
    ):
        return func.attr
    return ""
