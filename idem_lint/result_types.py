"""What the linter knows about a handler: values without behaviour, which rules and reports read.

Lines and columns are 1-based; columns count characters and point at the name of the ``def`` or ``class``.
``file`` is a path relative to the working directory where the file lies below it, with forward slashes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

MarkName: TypeAlias = Literal["money_moving", "not_money_moving"]
Evidence: TypeAlias = Literal["explicit", "any-method", "inherited"]

ANY_METHOD = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


@dataclass(frozen=True, slots=True)
class Place:
    """A point in a source file."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One ``@money_moving`` or ``@not_money_moving`` that was written for a handler.

    ``problem`` is empty where the mark takes effect; otherwise it is a clause that says why it does not,
    ready to follow "because": "it stands above @router.post, which registered the function below it".
    ``has_reason`` and ``until`` are about ``@not_money_moving``: a non-empty literal ``reason=``, and the text of a
    literal ``until=`` (ISO date), ``None`` where absent or not literal.
    """

    name: MarkName
    place: Place
    written: str
    problem: str = ""
    has_reason: bool = False
    reason: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A decorator with a mark's name that does not lead to ``idem_runtime``; ``origin`` says where it leads."""

    name: str
    place: Place
    origin: str


class MoneyWord(NamedTuple):
    """A word for money and where it stands: ``transfer``, "the word `transfers` of the route /transfers"."""

    word: str
    reason: str


@dataclass(frozen=True, slots=True)
class Handler:
    """A function, method or class that answers POST (or an RPC).

    ``line`` is the line of ``def`` (of ``class`` where the handler is inherited). ``methods`` are the HTTP methods that
    reach it, sorted. ``evidence``: ``explicit`` (POST is named), ``any-method`` (nothing restricts the methods),
    ``inherited`` (``post`` comes from a base class). ``unknown_decorators`` are the decorators, as written, that neither
    a framework nor the project explains. ``domain_reason`` says what puts it into its domain: "the word `transfers` of
    the route /transfers". Outside every domain, ``outside`` says what speaks of money all the same, and ``hidden_test``
    is True for a test's handler that would be in one.
    """

    place: Place
    qualname: str
    framework: str
    methods: tuple[str, ...]
    route: str | None
    domain: str | None
    marks: tuple[Mark, ...] = ()
    evidence: Evidence = "explicit"
    lookalikes: tuple[Lookalike, ...] = ()
    unknown_decorators: tuple[str, ...] = ()
    is_rpc: bool = False
    needs_project: bool = False
    domain_reason: str = ""
    outside: MoneyWord | None = None
    hidden_test: bool = False

    def effective(self) -> tuple[Mark, ...]:
        """The marks that take effect."""
        return tuple(mark for mark in self.marks if not mark.problem)

    @property
    def mark(self) -> MarkName | None:
        """The mark in force; ``money_moving`` where both are."""
        names = {mark.name for mark in self.effective()}
        if "money_moving" in names:
            return "money_moving"
        return "not_money_moving" if names else None


@dataclass(frozen=True, slots=True)
class Undecided:
    """A registration whose methods or handler cannot be decided from the source; ``reason`` is a whole clause.

    ``domain_reason`` and ``outside`` are a :class:`Handler`'s.
    """

    place: Place
    qualname: str
    framework: str
    domain: str | None
    reason: str
    needs_project: bool = False
    domain_reason: str = ""
    outside: MoneyWord | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A place and what stands there (a parse error, a home-made idempotency store)."""

    place: Place
    what: str
    qualname: str = ""


@dataclass(frozen=True, slots=True)
class FileReport:
    """All that the rules may ask about one file.

    ``blanket_noqa`` maps the line a finding would be reported at to the comment (as written) that silences every
    code there. ``error`` is set where nothing could parse the file; the other fields are then empty.
    """

    file: str
    domain: str | None
    handlers: tuple[Handler, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    own_idempotency: tuple[Site, ...] = ()
    blanket_noqa: dict[int, Site] = field(default_factory=dict[int, Site])
    error: Site | None = None


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to say: sorted by file, line, column, code."""

    file: str
    line: int
    column: int
    code: str
    message: str
    domain: str | None = None
    qualname: str = ""
