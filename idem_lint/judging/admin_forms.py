"""The forms that Django's admin makes by itself: a person adds and edits rows of a money model there.

Where a class of the project has a ``save_model`` of its own, that is a handler and stands among the handlers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.value_types import Const, External, Func, Items, Klass, options
from idem_lint.judging.handler_verdicts import Assembler
from idem_lint.reach.column_names import is_balance
from idem_lint.reach.given_rows import AdminRegistration, GivenRows
from idem_lint.reach.records import Records
from idem_lint.result_types import EntryPoint, MoneyPaths, Step, Write

_ADMIN = ("django.contrib.admin", "django.contrib.gis.admin", "unfold", "import_export", "simple_history")
_ADVICE = (
    "give the class a save_model that carries @money_moving, or let it show the rows only: has_add_permission and "
    "has_change_permission that return False"
)


class AdminForms:
    """Finds the forms of admin sites in which money is written by hand."""

    def __init__(
        self, assembler: Assembler, evaluator: Evaluator, given: GivenRows, records: Records
    ) -> None:
        self._assembler = assembler
        self._evaluator = evaluator
        self._given = given
        self._records = records

    def of(self, judged: frozenset[Path]) -> Iterator[EntryPoint]:
        """The forms that the judged files register; one that several sites have is one."""
        yield from dict.fromkeys(self._every(judged))

    def _every(self, judged: frozenset[Path]) -> Iterator[EntryPoint]:
        for registration in self._given.registrations():
            path = registration.module.path
            what = self._writes(registration)
            if what and path in judged and not self._assembler.domains.leaves_out(path):
                yield self._entry_point(registration, what)

    def _writes(self, registration: AdminRegistration) -> str:
        """What a form writes of money, in words; empty where it writes none, or none that the framework itself writes."""
        record = self._records.of_class(registration.model)
        admin = registration.admin
        if record is None or not record.money or (admin is not None and not self._is_plain(admin)):
            return ""
        name = record.name
        if record.money == "movement":
            adds = admin is None or not self._refuses(admin, "has_add_permission")
            return f"the admin site adds rows of {name}" if adds else ""
        balances = {column for column in record.columns if is_balance(column)} - self._read_only(admin)
        edits = admin is None or not self._refuses(admin, "has_change_permission")
        return f"the admin site edits {min(balances)} of {name}" if balances and edits else ""

    def _is_plain(self, admin: Klass) -> bool:
        """Whether a class is one of Django's admins, and saves as Django does."""
        bases = self._evaluator.mro(admin)
        is_admin = any(isinstance(base, External) and base.name.startswith(_ADMIN) for base in bases)
        return is_admin and self._evaluator.class_attribute(admin, "save_model") is None

    def _refuses(self, admin: Klass, name: str) -> bool:
        """Whether a permission is never given: each return of its method is ``False``."""
        found = options(self._evaluator.class_attribute(admin, name) or Const(None))
        returns = [returned for each in found if isinstance(each, Func) for returned in each.body.returns]
        return bool(returns) and all(isinstance(r, ast.Constant) and r.value is False for r in returns)

    def _read_only(self, admin: Klass | None) -> set[str]:
        fields = self._evaluator.class_attribute(admin, "readonly_fields") if admin is not None else None
        items = fields.items if isinstance(fields, Items) else ()
        return {str(item.value) for item in items if isinstance(item, Const)}

    def _entry_point(self, registration: AdminRegistration, what: str) -> EntryPoint:
        admin, module = registration.admin, registration.module
        node, name = registration.node, ""
        if admin is not None and admin.module is module:
            node, name = admin.node, admin.node.name
        qualname = (
            admin.scope.child_name(admin.node.name) if admin is not None else registration.model.node.name
        )
        place = self._assembler.place(node, module, name)
        scope = self._assembler.domains.of_handler(module, ())
        write = Write("row", what, place, "likely", (Step(qualname, place, what),))
        return EntryPoint(
            place,
            qualname,
            "admin",
            "a form of Django's admin",
            _ADVICE,
            scope.domain,
            scope.reason,
            money=MoneyPaths((write,)),
        )
