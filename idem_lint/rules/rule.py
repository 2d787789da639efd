"""What a rule is: one file declares it, the checks, reports, ``explain`` and the rule page read it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from idem_lint.result_types import FileReport, Finding, Handler, Place, Severity, Site


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What a rule may ask about the run. ``today`` decides whether an opt-out has expired; ``strict_domains`` whether money
    outside the domains is a finding.
    """

    today: date
    strict_domains: bool = False


class Rule(ABC):
    """One thing that can be wrong. Subclasses declare everything about it at their top.

    ``summary`` says what is found, ``why`` why it matters (with its source), ``bad`` and ``good`` are whole modules: at
    ``wallet/routes.py`` of a project (IDM012: at ``app/routes.py``, with ``--strict-domains``), ``bad`` has this finding
    and no other, ``good`` has none.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    why: ClassVar[str]
    bad: ClassVar[str]
    good: ClassVar[str]
    severity: ClassVar[Severity] = "error"
    beside: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Files that are no Python and belong to the examples: by path, the text beside ``bad`` and that beside ``good``."""
    per_file: ClassVar[bool] = True
    """Whether flake8 reports it too; otherwise only the command line and the hook do."""
    follows_money: ClassVar[bool] = False
    """Whether it asks where the money goes: where no such rule is wanted, nobody follows it."""
    by_comment: ClassVar[bool] = True
    """Whether ``# noqa`` silences it."""

    @abstractmethod
    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        """The findings of this rule in one file."""

    def at(
        self,
        place: Place,
        message: str,
        *,
        domain: str | None,
        qualname: str,
        advice: str = "",
        related: tuple[Site, ...] = (),
        domain_reason: str = "",
    ) -> Finding:
        """A finding of this rule at a place."""
        return Finding(
            file=place.file,
            line=place.line,
            column=place.column,
            code=self.code,
            message=message,
            domain=domain,
            qualname=qualname,
            advice=advice,
            related=related,
            domain_reason=domain_reason,
        )

    def on(self, handler: Handler, message: str, advice: str = "") -> Finding:
        """A finding of this rule at a handler; it says where the handler is registered, if that is elsewhere."""
        return self.at(
            handler.place,
            message,
            domain=handler.domain,
            qualname=handler.qualname,
            advice=advice,
            related=tuple(Site(place, "registered") for place in handler.registered),
            domain_reason=handler.domain_reason,
        )


def in_domain(report: FileReport) -> Iterator[Handler]:
    """The handlers of a file that belong to a money domain."""
    return (handler for handler in report.handlers if handler.domain is not None)
