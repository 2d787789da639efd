"""What the linter knows about a handler: values without behaviour, which rules and reports read.

Lines and columns are 1-based; columns count characters and point at the name of the ``def`` or ``class``.
``file`` is a path relative to the working directory where the file lies below it, with forward slashes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

MarkName: TypeAlias = Literal["money_moving", "not_money_moving"]
RouterKind: TypeAlias = Literal["POST", "verb", "methods", "nothing"]
Certainty: TypeAlias = Literal["sure", "likely"]
RecordKind: TypeAlias = Literal["movement", "holder", "nothing"]
Severity: TypeAlias = Literal["error", "warning"]
Evidence: TypeAlias = Literal["explicit", "any-method", "inherited"]
EntryKind: TypeAlias = Literal[
    "handler", "task", "consumer", "command", "receiver", "schedule", "script", "admin"
]

TODO = "TODO"
"""What the reason of an opt-out begins with that nobody has given yet."""
ANY_METHOD = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


@dataclass(frozen=True, slots=True, order=True)
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
    ``refused``: the framework runs it, and the runtime refuses it where it stands. ``remedy`` is what to do where moving
    the mark is not it.
    ``is_external``: ``effect=`` is given, and may be ``"external"``. ``vouches``: ``connection=`` is given;
    ``has_key``: ``key=`` is.
    """

    name: MarkName
    place: Place
    written: str
    problem: str = ""
    has_reason: bool = False
    reason: str | None = None
    until: str | None = None
    conditional: bool = False
    refused: bool = False
    remedy: str = ""
    is_external: bool = False
    vouches: bool = False
    has_key: bool = False


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A decorator with a mark's name that does not lead to ``idem_runtime``; ``origin`` says where it leads."""

    name: str
    place: Place
    origin: str


@dataclass(frozen=True, slots=True)
class Step:
    """One function on the way to a write, and the place in it that leads on, or that writes; ``what`` is written there."""

    qualname: str
    place: Place
    what: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that speaks for money moving where no write was found, or against it (then ``points`` are below zero)."""

    what: str
    points: int
    place: Place


@dataclass(frozen=True, slots=True)
class Write:
    """A write of money that a handler reaches.

    ``kind``: ``ledger`` (a function marked ``@ledger_write``, or named in ``ledger-writes``), ``row`` (a row of a movement
    is made), ``balance``, ``status`` (a movement is settled), ``sql``, ``document``, ``provider`` (a payment provider is
    called), ``service`` (another service is), ``message``; ``signs``: no write was found, and what speaks for one is
    enough, the strongest of it being the ``sink`` and all of it ``signs``. ``sink`` is what writes, as it is written.
    ``certainty``:
    ``sure`` where the project says so itself, else ``likely``. ``chain`` leads from the handler to ``place``.
    ``is_deferred``: a task, a thread or a queue carries it out. ``guarded_by`` is the function on the way that carries
    ``@money_moving`` itself, if any.
    """

    kind: str
    sink: str
    place: Place
    certainty: Certainty
    chain: tuple[Step, ...]
    is_deferred: bool = False
    guarded_by: str = ""
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class MoneyPaths:
    """What a search from a handler found: the writes, the surest and nearest first; the calls that nobody can resolve,
    as written; whether it saw everything that it could lead to; whether the handler's own names say that money moves;
    whether they, or the names of what it calls, suggest money at all; the calls behind which money may move all the same;
    whether the handler's own name says that it only reads.
    """

    writes: tuple[Write, ...] = ()
    unresolved: tuple[str, ...] = ()
    is_complete: bool = True
    is_named: bool = False
    is_suggested: bool = False
    left_open: tuple[str, ...] = ()
    only_reads: bool = False

    @property
    def found(self) -> tuple[Write, ...]:
        """The writes that were found: not what only signs speak for, on which no rule and no lock stands."""
        return tuple(write for write in self.writes if write.kind != "signs")

    @property
    def is_settled(self) -> bool:
        """Whether nothing moves for all that can be seen: every call was followed to its end, or the handler's own name says
        that it reads, and no write was found.
        """
        return not self.writes and (self.only_reads or (self.is_complete and not self.left_open))

    @property
    def is_like_money(self) -> bool:
        """Whether names say money and no write was found."""
        return not self.writes and (self.is_named or self.is_suggested)

    @property
    def is_only_named(self) -> bool:
        """Whether names say money, no write was found, and the handler's own name does not say that it only reads: the
        second tier. Where every call was followed to its end, it is the less likely.
        """
        return self.is_like_money


@dataclass(frozen=True, slots=True)
class RpcRequest:
    """The message that an RPC takes: where it is written, and the type of its field ``idempotency_key``, as it is written
    there; ``None`` where it has none.
    """

    name: str
    place: Place
    key: str | None

    @property
    def has_key(self) -> bool:
        """Whether the field is a text."""
        written = (self.key or "").rpartition(".")[2]
        return written in {"string", "str", "StringValue"}


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
    a framework nor the project explains; ``weaker_decorators`` those that promise less than a mark.
    ``routes`` are those it is served at, in full: router, include and mount
    prefixes stand before what is written at the handler, ``…`` for a part that is not known from the source; ``route``
    is the first of them. ``registered`` are the places, sorted, of what registers the handler, where that is not a
    decorator directly above it. ``inherited`` names the methods that an inherited handler answers with (``post``,
    ``create``), which have no ``def`` in the class; ``advice`` is how a handler without a ``def`` in the project is marked
    in its framework: a text with places for ``{mark}``, ``{name}`` and ``{view}`` (as it is written in full), empty where
    only a method of its own can carry the mark. ``is_defined`` is false where no definition is in reach: a package's
    view, say. ``has_adapter`` is false where nothing of the runtime serves the framework, so that a mark that is called
    as its handler is refused. ``domain_reason`` says what puts it into its domain: "the word `transfers` of
    the route /transfers". Outside every domain, ``outside`` says what speaks of money all the same, and ``hidden_test``
    is True for a test's handler that would be in one. ``money``: where money goes from here; ``None`` where nobody looked.
    ``shows_connection`` is false where a local money-moving handler plainly shows no way to the transaction that the runtime
    lends, so that start-up refuses it.
    ``ends`` is where it ends that transaction, if it does. ``keyless`` is the request of a money-moving RPC that has no
    field for the key. ``operations`` are what one mark without ``operation=`` answers for (or would, where there is
    none), where start-up refuses that because they are several.
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
    weaker_decorators: tuple[str, ...] = ()
    is_rpc: bool = False
    needs_project: bool = False
    routes: tuple[str, ...] = ()
    advice: str = ""
    registered: tuple[Place, ...] = ()
    inherited: tuple[str, ...] = ()
    is_defined: bool = True
    has_adapter: bool = True
    domain_reason: str = ""
    outside: MoneyWord | None = None
    hidden_test: bool = False
    money: MoneyPaths | None = None
    shows_connection: bool = True
    ends: Write | None = None
    keyless: RpcRequest | None = None
    operations: tuple[str, ...] = ()

    def effective(self) -> tuple[Mark, ...]:
        """The marks that take effect."""
        return tuple(mark for mark in self.marks if not mark.problem)

    @property
    def mark(self) -> MarkName | None:
        """The mark in force; ``money_moving`` where both are."""
        return in_force(self.marks)


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """What starts code without being a handler of POST: a handler of other methods, a task, a consumer of messages, a
    command, a receiver of signals, what a scheduler runs, a script, the forms of an admin site.

    ``title`` follows "is": "a Celery task"; of a handler it is empty, and ``methods`` and ``route`` are those of
    :class:`Handler`, as ``domain``, ``domain_reason``, ``marks`` and ``money`` are. ``advice`` says what to write where it
    moves money. ``started`` are the places, sorted, of what else starts it: a schedule. ``is_covered``: all that it writes
    is reached from another entry point or a marked handler, too, which answers for it. ``is_handler``: a
    :class:`Handler` of the same definition stands beside it, because of its mark.
    """

    place: Place
    qualname: str
    kind: EntryKind
    title: str
    advice: str
    domain: str | None
    domain_reason: str = ""
    marks: tuple[Mark, ...] = ()
    methods: tuple[str, ...] = ()
    route: str | None = None
    started: tuple[Place, ...] = ()
    money: MoneyPaths | None = None
    is_covered: bool = False
    is_handler: bool = False

    @property
    def mark(self) -> MarkName | None:
        """The mark in force; ``money_moving`` where both are."""
        return in_force(self.marks)


def in_force(marks: Iterable[Mark]) -> MarkName | None:
    """The mark in force of several; ``money_moving`` where both are."""
    names = {mark.name for mark in marks if not mark.problem}
    if "money_moving" in names:
        return "money_moving"
    return "not_money_moving" if names else None


@dataclass(frozen=True, slots=True)
class Undecided:
    """A registration whose methods or handler cannot be decided from the source; ``reason`` is a whole clause, and
    ``settles`` says what to do where that is something of its own. ``domain_reason`` and ``outside`` are a
    :class:`Handler`'s.
    """

    place: Place
    qualname: str
    framework: str
    domain: str | None
    reason: str
    needs_project: bool = False
    domain_reason: str = ""
    outside: MoneyWord | None = None
    settles: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A place and what stands there (a parse error, a home-made idempotency store)."""

    place: Place
    what: str
    qualname: str = ""


@dataclass(frozen=True, slots=True)
class ExplainedCall:
    """One call of a function: as it is written, how it was resolved (or why it was not), the functions it may run, and what
    it writes itself, if anything. ``stops``: nobody can say what it runs.
    """

    place: Place
    written: str
    how: str
    targets: tuple[Site, ...] = ()
    writes: str = ""
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a function: the entry points that it is itself, those that lead through it to a write, its calls."""

    qualname: str
    place: Place
    entries: tuple[Handler | EntryPoint, ...]
    reached_from: tuple[Handler | EntryPoint, ...]
    calls: tuple[ExplainedCall, ...]


@dataclass(frozen=True, slots=True)
class FileReport:
    """All that the rules may ask about one file.

    ``blanket_noqa`` maps the line a finding would be reported at to the comment (as written) that silences every
    code there; ``file_noqa`` is a comment that silences them in the whole file. ``error`` is set where nothing could
    parse the file; the other fields are then empty. ``fault`` is set where idem-lint itself failed on the file; the other
    fields then hold what was known until then. ``unread`` is set where nobody asked about the file, others needed what it
    says, and nothing could parse it. ``entry_points`` are those of the file that reach a write of money.
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
    entry_points: tuple[EntryPoint, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to say: sorted by file, line, column, code.

    ``message`` says what is wrong and what follows from it, ``advice`` what to write instead; ``related`` are other
    places that a reader has to see, each with what stands there. ``domain_reason`` says what puts it into its domain.
    ``is_fault``: idem-lint itself failed there. ``chain`` is the way from the handler to what the finding is about, each
    step with what stands there. ``severity`` is given where it is not the rule's.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    domain: str | None = None
    qualname: str = ""
    advice: str = ""
    related: tuple[Site, ...] = ()
    domain_reason: str = ""
    is_fault: bool = False
    chain: tuple[Site, ...] = ()
    severity: Severity | None = None

    @property
    def sentence(self) -> str:
        """All of it in one line, for reports that have room for one line alone."""
        return "; ".join(part for part in (self.message, *self.related_places(), self.advice) if part)

    def related_places(self) -> list[str]:
        """The related places in words, those of one kind together: ``registered in core/app.py:14 and core/b.py:3``."""
        kinds = dict.fromkeys(site.what for site in self.related)
        return [
            f"{kind} in {_places(site.place for site in self.related if site.what == kind)}" for kind in kinds
        ]


def _places(places: Iterable[Place]) -> str:
    """Places in a sentence, the first three of many."""
    names = [f"{place.file}:{place.line}" for place in places]
    more = len(names) - 3
    if more > 0:
        names[3:] = [f"{more} more {'place' if more == 1 else 'places'}"]
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
