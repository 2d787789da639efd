"""The values that the parts of the runtime pass to each other: frozen, without behaviour worth a test of its own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from idem_runtime.errors import IdempotencyError

Headers: TypeAlias = tuple[tuple[str, str], ...]
Isolation: TypeAlias = Literal["read committed", "repeatable read", "serializable"]
Loanable: TypeAlias = Literal["connection", "session"]
"""What of our transaction a handler may borrow: the psycopg connection, or SQLAlchemy's session."""


@dataclass(frozen=True, slots=True)
class Response:
    """What the caller gets, exactly: the bytes that were sent and the headers that may be sent again."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Encrypted:
    """A response as it is stored where it is encrypted: under which key, and the bytes that open with it."""

    status: int
    kid: str
    sealed: bytes


class Cipher(Protocol):
    """Encrypts and decrypts stored responses; each is bound to the scope and key that it is stored under."""

    def seal(self, scope: str, key: str, response: Response) -> Encrypted:
        """``response`` as it is stored."""
        ...

    def open(self, scope: str, key: str, stored: Encrypted) -> Response:
        """What was sealed; StoreUnavailable where it cannot be opened here."""
        ...


@dataclass(frozen=True, slots=True)
class Unstorable:
    """An answer that cannot be stored, and so not be replayed: a stream, a file, more than ``cap``, no JSON."""

    status: int


Answer: TypeAlias = Response | Unstorable


@dataclass(frozen=True, slots=True)
class Request:
    """One request as every adapter shows it to resolvers and key helpers. Header names are lower case."""

    method: str
    path: str
    headers: Headers
    path_params: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> tuple[str, ...]:
        """Every value of the header ``name`` (any case), in order."""
        wanted = name.lower()
        return tuple([value for key, value in self.headers if key == wanted])

    def with_body(self, body: bytes) -> Request:
        """The same, with its body."""
        return Request(self.method, self.path, self.headers, self.path_params, self.query, body)


RefusalResponse: TypeAlias = Callable[[IdempotencyError, Any], "Response | None"]
"""``Idempotency(refusal_response=…)``: from the error and the framework's request to a response; ``None``: as usual."""


class Matcher(Protocol):
    """A payload's fingerprint: how it is stored, and whether a stored one is of the same payload."""

    @property
    def stored(self) -> str:
        """``v1:kid:digest`` under the current secret."""
        ...

    def matches(self, stored: str) -> bool:
        """Whether ``stored`` is a fingerprint of the same payload; StoreUnavailable where its secret is missing."""
        ...


@dataclass(frozen=True, slots=True)
class Ask:
    """One attempt to execute: who asks for what, under which key. Times are in seconds.

    ``attempt`` is this attempt's fencing token. ``cipher``: responses are stored encrypted.
    """

    scope: str
    key: str
    fingerprint: Matcher
    attempt: str
    wait: float = 1.0
    retention: float = 86_400.0
    lease: float = 30.0
    handler_timeout: float = 60.0
    previous: tuple[str, ...] = ()
    cipher: Cipher | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """The row. ``alive``: its lease runs; ``expired``: COMPLETED and past its retention; ``age`` in seconds.

    ``awaited``: its server's commits wait for a standby, and whether this one's has is not known.
    """

    scope: str
    fingerprint: str | None
    status: str
    response: Response | Encrypted | None
    attempt: str | None
    alive: bool
    expired: bool
    age: float
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class Execute:
    """Run the handler. ``age``: seconds since the key's first attempt began; ``replaces``: an expired record is there."""

    age: float = 0.0
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Replay:
    """Answer with the stored response; the handler is not called."""

    response: Response


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with a problem; the handler is not called."""

    error: IdempotencyError


@dataclass(frozen=True, slots=True)
class Unknown:
    """An external attempt whose outcome nobody recorded; ``record`` holds its token and age."""

    record: Record


@dataclass(frozen=True, slots=True)
class Again:
    """The transaction lost a conflict and was undone: run the whole execution again."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Effect, record and response are committed; not ``wrote``: a local success that wrote nothing in our transaction."""

    response: Answer
    wrote: bool = True


Decision: TypeAlias = Execute | Replay | Refuse
Verdict: TypeAlias = Sealed | Replay | Refuse | Again


class Statement(NamedTuple):
    """What the core asks a driver to run, in one round trip: a query of ``sql/queries.sql`` and its parameters.

    ``fresh``: on a connection that is in no transaction and that nobody was lent. ``urgent``: a fresh one that must not
    wait for handlers that hold the pool, because an effect has happened. ``waits``: seconds that it may wait for a lock.
    """

    name: str
    params: dict[str, Any]
    fresh: bool = False
    urgent: bool = False
    waits: float = 0.0


class Result(NamedTuple):
    """What one SQL statement of a :class:`Statement` gave: its command tag, and its first row where it has one."""

    tag: str
    row: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """What the core asks a driver to do between two looks at the store; none but a lent connection is held meanwhile."""

    seconds: float


class StoreError(Exception):
    """A statement failed. ``sqlstate`` is ``None`` where the connection was lost; ``ours``: our table refused a row.

    ``silent``: the store did not answer in time, so that asking it again at once is no use. ``again``: nothing is wrong with
    the statement but the form that it was sent in, and its transaction is undone.
    """

    def __init__(
        self,
        sqlstate: str | None,
        *,
        ours: bool = False,
        cause: Exception | None = None,
        silent: bool = False,
        again: bool = False,
    ) -> None:
        """``cause`` is the driver's own exception, for whoever has to see it."""
        super().__init__(str(cause or sqlstate or "connection lost"))
        self.sqlstate = sqlstate
        self.ours = ours
        self.cause = cause
        self.silent = silent
        self.again = again

    @property
    def lost(self) -> bool:
        """The store is away, or this connection to it: whether the statement took effect is not known from this alone."""
        return self.sqlstate is None or is_away(self.sqlstate) or self.timed_out

    @property
    def timed_out(self) -> bool:
        """The server has ended a transaction that sat idle, or lasted, for too long: nothing of it took effect."""
        return self.sqlstate in ("25P03", "25P04")

    @property
    def conflict(self) -> bool:
        """A serialization failure, a deadlock or a statement that was not prepared: the whole execution may be run again."""
        return self.again or self.sqlstate in ("40001", "40P01")


def is_away(sqlstate: str) -> bool:
    """Whether ``sqlstate`` says that this server is not the one to ask: gone, going, coming, or only to be read."""
    return (sqlstate[:2] in ("08", "57") and sqlstate != "57014") or sqlstate == "25006"


T = TypeVar("T")
Results: TypeAlias = Sequence[Result]
Steps: TypeAlias = Generator[Statement | Pause, Results, T]
"""A part of the protocol: yields what to run, is sent the results or thrown a StoreError, returns what it decided."""
