"""What the linter knows about a handler: values without behaviour, which rules and reports read.

Lines and columns are 1-based; columns count characters and point at the name of the ``def`` or ``class``.
``file`` is a path relative to the working directory where the file lies below it, with forward slashes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

MarkName: TypeAlias = Literal["money_moving", "not_money_moving"]
RouterKind: TypeAlias = Literal["POST", "verb", "methods", "nothing"]
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
    literal ``until=`` (ISO date), ``None`` where absent or not literal. ``conditional``: it is applied in some cases and
    not in others; its ``problem`` then follows the mark itself: "applies the mark only under a condition".
    """

    name: MarkName
    place: Place
    written: str
    problem: str = ""
    has_reason: bool = False
    reason: str | None = None
    until: str | None = None
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A decorator with a mark's name that does not lead to ``idem_runtime``; ``origin`` says where it leads."""

    name: str
    place: Place
    origin: str


@dataclass(frozen=True, slots=True)
class Handler:
    """A function, method or class that answers POST (or an RPC).

    ``line`` is the line of ``def`` (of ``class`` where the handler is inherited). ``methods`` are the HTTP methods that
    reach it, sorted. ``evidence``: ``explicit`` (POST is named), ``any-method`` (nothing restricts the methods),
    ``inherited`` (``post`` comes from a base class). ``unknown_decorators`` are the decorators, as written, that neither
    a framework nor the project explains.
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
    """A registration whose methods or handler cannot be decided from the source; ``reason`` is a whole clause, and
    ``settles`` says what to do where that is something of its own.
    """

    place: Place
    qualname: str
    framework: str
    domain: str | None
    reason: str
    needs_project: bool = False
    settles: str = ""


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
    code there; ``file_noqa`` is a comment that silences them in the whole file. ``error`` is set where nothing could
    parse the file; the other fields are then empty. ``fault`` is set where idem-lint itself failed on the file; the other
    fields then hold what was known until then. ``unread`` is set where nobody asked about the file, others needed what it
    says, and nothing could parse it.
    """

    file: str
    domain: str | None
    handlers: tuple[Handler, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    own_idempotency: tuple[Site, ...] = ()
    blanket_noqa: dict[int, Site] = field(default_factory=dict[int, Site])
    error: Site | None = None
    fault: Site | None = None
    file_noqa: Site | None = None
    unread: Site | None = None


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to say: sorted by file, line, column, code. ``is_fault``: idem-lint itself failed there."""

    file: str
    line: int
    column: int
    code: str
    message: str
    domain: str | None = None
    qualname: str = ""
    is_fault: bool = False
