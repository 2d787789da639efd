"""IDM003: a mark that is there and does nothing."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding, Handler, Mark
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import RETRY, full_name, listed, mark_as_moving, where_to_put, written

_ONE_NAME = "name what it does with @money_moving(operation='…'), or give each route a function of its own"


class IneffectiveMark(Rule):
    code = "IDM003"
    name = "ineffective-mark"
    summary = (
        "A mark stands where it does nothing: above the route decorator, between two stacked routes, applied after "
        "registration, on the wrong member of a class; or it is applied only under a condition, or around the "
        "authentication of Django REST framework or Django Ninja, or below a decorator that hides it, or names no operation "
        "where it answers for several, where the runtime refuses it."
    )
    why = (
        "A route decorator registers the function below it. A mark above it wraps a function that the framework never "
        "calls: the code looks guarded, reviewers see the mark, and every request goes past it. Between two routes it "
        "guards one and leaves the other open. One marked function behind two routes is two operations: a retry by the "
        "other would be another key, unless `operation=` names what both do, and the runtime does not start. A FastAPI "
        "dependency runs beside the handler: a mark on it guards the dependency alone. This is worse than no mark, because "
        "nobody looks again (ADR-007)."
    )
    bad = """\
from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@money_moving
@router.post("/wallet/transfers")
def transfer(amount: int) -> dict[str, int]:
    return {"amount": amount}
"""
    good = """\
from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.post("/wallet/transfers")
@money_moving
def transfer(amount: int) -> dict[str, int]:
    return {"amount": amount}
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in in_domain(report):
            idle = [mark for mark in handler.marks if mark.problem]
            if idle:
                consequence, advice = _consequence(handler, idle)
                yield self.on(handler, f"{_message(handler, idle)}: {consequence}", advice)
            elif handler.operations and handler.mark == "money_moving":
                yield self.on(handler, _several(handler), _ONE_NAME)


def _several(handler: Handler) -> str:
    """The words of ``idem_runtime/startup/scope_checks.py``."""
    named = listed(handler.operations)
    return (
        f"`{full_name(handler)}`: one marked function answers {named}, so that a retry by another of them would execute "
        "again: start-up refuses it"
    )


def _message(handler: Handler, idle: list[Mark]) -> str:
    problems = "; ".join(
        f"{written(mark, handler.place.file)} {_verdict(mark)}{mark.problem}" for mark in idle
    )
    return f"`{full_name(handler)}`: {problems}"


def _verdict(mark: Mark) -> str:
    """What stands before the problem of a mark."""
    if mark.conditional:
        return ""
    return "is refused by the runtime, because " if mark.refused else "does nothing, because "


def _consequence(handler: Handler, idle: list[Mark]) -> tuple[str, str]:
    """What follows from marks that do nothing, and what to do about it."""
    names = {mark.name for mark in idle}
    if all(mark.refused for mark in idle):
        return _of_refused(handler, idle)
    if names <= {mark.name for mark in handler.effective()}:
        return (
            "the one nearest to the function is in force",
            "delete the other, which only looks like a guard",
        )
    if "money_moving" in names:
        return RETRY, mark_as_moving(handler)
    return "nothing is on record for it (ADR-007)", where_to_put(handler, "@not_money_moving(reason=…)")


def _of_refused(handler: Handler, idle: list[Mark]) -> tuple[str, str]:
    """As :func:`_consequence`, of marks that are all refused."""
    names = {mark.name for mark in idle}
    if names <= {mark.name for mark in handler.effective()}:
        return "another one is in force", "delete it"
    if "money_moving" in names:
        remedies = [mark.remedy for mark in idle if mark.remedy]
        return "no request is served until that is mended", next(iter(remedies), mark_as_moving(handler))
    return "nothing is on record for it (ADR-007)", where_to_put(handler, "@not_money_moving(reason=…)")
