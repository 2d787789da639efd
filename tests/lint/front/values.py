"""Handlers, marks and reports with the least said about them, for tests of rules and reports."""

from __future__ import annotations

from typing import Any

from idem_lint.result_types import FileReport, Finding, Handler, Lookalike, Mark, MarkName, Place, Undecided
from idem_lint.run_results import CheckResult

FILE = "wallet/routes.py"


def place(line: int = 7, column: int = 5, file: str = FILE) -> Place:
    return Place(file, line, column)


def mark(name: MarkName = "money_moving", **more: Any) -> Mark:
    values: dict[str, Any] = {"name": name, "place": place(6, 1), "written": name}
    return Mark(**{**values, **more})


def opt_out(**more: Any) -> Mark:
    return mark("not_money_moving", **{"has_reason": True, "reason": "reads only", **more})


def lookalike(name: str = "decorators.money_moving") -> Lookalike:
    return Lookalike(name, place(6, 1), "bank.decorators.money_moving")


def handler(*marks: Mark, **more: Any) -> Handler:
    values: dict[str, Any] = {
        "place": place(),
        "qualname": "transfer",
        "framework": "fastapi",
        "methods": ("POST",),
        "route": "/wallet/transfers",
        "domain": "wallet",
        "marks": marks,
    }
    return Handler(**{**values, **more})


def undecided(**more: Any) -> Undecided:
    values: dict[str, Any] = {
        "place": place(),
        "qualname": "transfer",
        "framework": "fastapi",
        "domain": "wallet",
        "reason": "its methods come from a call",
    }
    return Undecided(**{**values, **more})


def report(*handlers: Handler, **more: Any) -> FileReport:
    return FileReport(**{"file": FILE, "domain": "wallet", "handlers": handlers, **more})


def finding(code: str = "IDM001", **more: Any) -> Finding:
    values: dict[str, Any] = {
        "file": FILE,
        "line": 7,
        "column": 5,
        "code": code,
        "message": "`transfer` answers POST",
        "domain": "wallet",
        "qualname": "transfer",
    }
    return Finding(**{**values, **more})


def result(*findings: Finding, **more: Any) -> CheckResult:
    return CheckResult(**{"findings": findings, "suppressed": (), "files": 3, "in_domain": 2, **more})
