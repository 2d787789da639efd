"""The log of the runtime: one logger, ``idem_runtime``, its messages, and how they name a record without its key.

``DEBUG``: an execution begins. ``INFO``: it is recorded, replayed, undone, run again, or told to wait. ``WARNING``: a key
was used for something else, an outcome is unknown, a lease was lost. ``ERROR``: the store is away, a handler broke its
transaction, no principal could be found. Payloads, keys and principals are never in it.
"""

from __future__ import annotations

import hashlib
import inspect
import logging
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import CodeType
from typing import Any

from idem_runtime.errors import IdempotencyError, InProgress, StoreUnavailable, TransactionBroken
from idem_runtime.model import Again, Ask, Execute, Refuse, Replay, Sealed

LOGGER = logging.getLogger("idem_runtime")
LOGGER.addHandler(logging.NullHandler())

Line = tuple[int, str]
"""A level and a text."""
Executed = tuple[str, Callable[..., Any] | None]
"""The operation, and the function that was executed or is to be, where it is known."""
Told = Callable[[], Executed]
"""Asked only where there is a log line to write."""
AGAIN: Line = (logging.INFO, "lost a conflict and is run again")
ADMITTED: dict[type[object], Line] = {
    Execute: (logging.DEBUG, "executes"),
    Replay: (logging.INFO, "is replayed"),
    Again: AGAIN,
}
ENDED: dict[type[object], Line] = {
    Sealed: (logging.INFO, "is executed and recorded"),
    Replay: (logging.INFO, "lost a race: undone, and replayed from the other's record"),
    Again: AGAIN,
}


def digest(scope: str, key: str) -> str:
    """Twelve hexadecimal digits for a record: what a log line shows in place of scope and key.

    ``idem-runtime show --digest`` finds the record again. The same for the same record in every process.
    """
    name = f"{len(scope)}:{scope}{key}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name, digest_size=6).hexdigest()


def admitted(ask: Ask, decision: object, what: Told | None = None) -> None:
    """The decision at admission, before the handler runs."""
    line = _refused(decision.error) if isinstance(decision, Refuse) else ADMITTED[type(decision)]
    _log(ask, line, what)


def ended(ask: Ask, verdict: object, what: Told | None = None, *, local: bool) -> None:
    """The end of an execution; ``verdict`` is ``None`` where nothing was recorded."""
    if isinstance(verdict, Refuse):
        line = _refused(verdict.error)
    elif verdict is not None:
        line = ENDED[type(verdict)]
    elif local:
        line = (logging.INFO, "is undone, and its key is free")
    else:
        line = (logging.WARNING, "ended without an answer: released if it said so, else unknown")
    _log(ask, line, what)


def response_keys_failed(error: Exception) -> None:
    """The function of ``response_keys=`` raised, or gave what is no key: ``error`` names no key."""
    LOGGER.error(
        "response_keys= raised %s: answers 503 until it gives keys", type(error).__name__, exc_info=error
    )


def response_not_opened(scope: str, key: str, error: Exception) -> None:
    """A stored response is not what was sealed for its record: another key of the same id, or somebody changed the row."""
    LOGGER.error("%s has a response that does not open: %s", digest(scope, key), type(error).__name__)


def shard_not_found(error: Exception) -> None:
    """The function of ``pool=`` did not say in which database a principal's records are: ``error``."""
    LOGGER.error("pool= found no database for a principal: its requests get 503", exc_info=error)


def unknown_not_counted(error: Exception) -> None:
    """The store did not say how many outcomes are unknown: ``error``."""
    LOGGER.warning("unknown outcomes could not be counted for metrics: %s", error)


def observer_failed(error: Exception) -> None:
    """What watches executions raised ``error``: the execution goes on as it would have."""
    LOGGER.error("an observer of executions raised: it is passed over", exc_info=error)


def wrote_nothing(ask: Ask, operation: str, handler: Callable[..., Any] | None) -> None:
    """A success wrote nothing in our transaction. Also a Python warning at the handler's line, for those who read no log."""
    code: CodeType | None = getattr(inspect.unwrap(handler), "__code__", None) if handler else None
    file, line = ("?", 0) if code is None else (code.co_filename, code.co_firstlineno)
    name = getattr(handler, "__qualname__", repr(handler))
    message = (
        f"{operation} ({name}, {file}:{line}) succeeded and wrote nothing in the transaction that it was "
        "given: does it use another connection?"
    )
    _log(ask, (logging.WARNING, message), lambda: (operation, handler))
    with suppress(RuntimeWarning):  # where warnings are errors: what is committed must not look undone
        warnings.warn_explicit(message, RuntimeWarning, file, line)


def other_database(alias: str, handler: Callable[..., Any]) -> None:
    """A local handler writes in another database of Django's."""
    LOGGER.warning(
        "%s writes in the database %r, which commits by itself: that stays where effect and key are undone, and is written "
        "again by a retry. Write it in the database of Idempotency(using=…), as an outbox that is read after the commit",
        getattr(handler, "__qualname__", repr(handler)),
        alias,
    )


def unreconciled(ask: Ask, error: Exception) -> None:
    """``reconcile=`` raised ``error``."""
    LOGGER.warning("%s stays unknown: reconcile= raised", digest(ask.scope, ask.key), exc_info=error)


def callback_failed(ask: Ask, error: Exception) -> None:
    """A function that was given to ``after_commit`` raised ``error``."""
    LOGGER.error("%s is committed, but after_commit raised", digest(ask.scope, ask.key), exc_info=error)


def heartbeat_answered(ask: Ask, *, alive: bool | None, error: Exception | None = None) -> None:
    """A heartbeat failed: it raised ``error``, or the store did not answer (``alive`` is ``None``), or the lease is lost."""
    lost = "cannot renew its lease: the store does not answer" if alive is None else "has lost its lease"
    _log(ask, (logging.WARNING, lost if error is None else f"cannot renew its lease: {error!r}"))


def principal_unresolved(message: str) -> None:
    """No principal could be found; ``message`` has types and names of functions in it, no values."""
    LOGGER.error("%s", message)


def refusal_unusable(what: str) -> None:
    """``refusal_response=`` did not return a response: the refusal is answered as usual. ``what``: what it did instead."""
    LOGGER.error("refusal_response= %s: the refusal is answered as problem+json", what)


def resolver_passed_over(message: str) -> None:
    """A resolver of ``previous_principals=`` failed: no record under its principal is looked for."""
    LOGGER.warning("%s, and is passed over: return None where it finds nobody", message)


def dependencies_first(handler: str, names: Iterable[str]) -> None:
    """The application's dependencies of ``handler`` run before its key is looked up; ``names``: theirs."""
    remedy = "one that looks at a balance or a date belongs behind Depends(idem.admitted)"
    LOGGER.info("%s: %s run before the key is looked up; %s", handler, ", ".join(names), remedy)


def handlers_not_served(inventory: str, handlers: str) -> None:
    """``inventory`` lists ``handlers`` that the application does not serve."""
    LOGGER.warning(
        "%s lists what this application does not serve: %s. Is a module not imported, a router not included? Else write the "
        "inventory of this application's folders alone: idem-lint inventory FOLDER --format json",
        inventory,
        handlers,
    )


def pending_objects_lost() -> None:
    """An object was added to a lent ORM session after the answer had begun, when nothing is committed any more."""
    LOGGER.error(
        "what was added to a lent session after the answer had begun is not kept: it needs a session of its own"
    )


def listener_failed(error: Exception) -> None:
    """An ``after_commit`` listener of a session raised ``error``."""
    LOGGER.error("effect and key are committed, but an after_commit listener raised", exc_info=error)


def other_engine(url: str) -> None:
    """A session that works in a money-moving request has begun on another engine, too; its password is left out."""
    LOGGER.warning(
        "a session of a money-moving request also works on %s, which idem has not joined: what it writes there commits by "
        "itself, whatever becomes of effect and key",
        url,
    )


def table_missing(table: str) -> None:
    """A connection does not see the table of the records."""
    LOGGER.error(
        "%s is not there for this connection: run idem-runtime migrate, and see idem-runtime doctor", table
    )


def table_unlogged(table: str) -> None:
    """A crash of the server empties the table of the records, and every retry would execute again."""
    LOGGER.error(
        "%s is UNLOGGED, so that a crash of the server would empty it: ALTER TABLE %s SET LOGGED",
        table,
        table,
    )


def privileges_missing(role: str, privileges: str, table: str) -> None:
    """The role of our connections lacks privileges that our statements need."""
    grant = f"GRANT {privileges} ON {table} TO {role}"
    LOGGER.error("role %s may not %s on %s, which keyed requests need: %s", role, privileges, table, grant)


def not_prepared() -> None:
    """Say that claim and seal cost more than they would have to."""
    LOGGER.warning(
        "a connection did not have the statements that were prepared on it: none are prepared any more. Behind a "
        "transaction pooler, give the pool's connections prepare_threshold=None"
    )


def method_failed(method: str, error: BaseException) -> None:
    """A money-moving RPC method has raised ``error``, of which its caller gets a fixed text."""
    LOGGER.error("%s raised %s", method, type(error).__name__, exc_info=error)


def store_away(error: Exception) -> None:
    """The store did not answer at start-up: ``error``."""
    LOGGER.warning(
        "the store does not answer at start-up: keyed requests get 503 until it does", exc_info=error
    )


def decided_in_console(record: str, who: str, what: str) -> None:
    """``what``: executed, not_executed, proposed, or that the record had changed meanwhile; ``record``: its digest."""
    LOGGER.warning("%s: %s by %r in the console", record, what, who, extra={"idem_record": record})


def console_failed(error: Exception) -> None:
    """A page of the console has raised ``error``."""
    LOGGER.error("a page of the console failed", exc_info=error)


def _refused(error: IdempotencyError) -> Line:
    if isinstance(error, StoreUnavailable | TransactionBroken):
        level = logging.ERROR
    else:
        level = logging.INFO if isinstance(error, InProgress) else logging.WARNING
    return level, f"is refused: {error.code}"


def _log(ask: Ask, line: Line, what: Told | None = None) -> None:
    level, text = line
    if LOGGER.isEnabledFor(level):
        short = digest(ask.scope, ask.key)
        LOGGER.log(level, "%s %s", short, text, extra={"idem_record": short, **_fields(what)})


def _fields(what: Told | None) -> dict[str, str | None]:
    """What structured logs find on a record beside the digest: which operation, and whose code; no key, no principal."""
    operation, handler = (None, None) if what is None else what()
    name = getattr(handler, "__qualname__", None)
    return {"idem_operation": operation, "idem_handler": name and f"{handler.__module__}.{name}"}
