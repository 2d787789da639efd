"""What the protocol decides for each state of a record, by asking it: the tables of ``docs/how-it-works.md``."""

from __future__ import annotations

import re

from idem_runtime.model import Ask, Execute, Record, Refuse, Replay, Response, Result, Unknown
from idem_runtime.protocol import external_effect, local_effect
from tests.project import ROOT

QUERIES = (ROOT / "idem_runtime" / "sql" / "queries.sql").read_text(encoding="utf-8")
ANSWER = Response(201, (), b"{}")

TRANSITIONS = (
    # statement, before, after, when
    ("insert", "none", "COMPLETED", "a local effect, in its own transaction"),
    (
        "insert_if_written",
        "none",
        "COMPLETED, or UNKNOWN",
        "the same under `strict`: UNKNOWN where nothing was written in it",
    ),
    ("insert_unknown", "none", "UNKNOWN", "a local handler ended its transaction by itself"),
    ("start", "none, or EXPIRED", "INPROGRESS", "an external claim, before anything happens"),
    ("renew", "INPROGRESS", "INPROGRESS", "the heartbeat: a new lease"),
    ("complete", "INPROGRESS, or UNKNOWN", "COMPLETED", "by the attempt that holds the token"),
    ("release", "INPROGRESS, or UNKNOWN", "none", "`NotExecuted`: nothing happened"),
    ("mark_unknown", "INPROGRESS", "UNKNOWN", "a crash, a cancellation, an exception, a time-out"),
    ("adopt", "UNKNOWN", "COMPLETED", "`reconcile=`: the provider said so"),
    (
        "take_over",
        "UNKNOWN",
        "INPROGRESS",
        "`retry_unknown=True`, or `reconcile=` said that nothing happened",
    ),
    ("resolve_executed", "UNKNOWN", "COMPLETED", "`idem-runtime resolve --executed`"),
    ("resolve_not_executed", "UNKNOWN", "none", "`idem-runtime resolve --not-executed`"),
    ("forget", "COMPLETED", "COMPLETED, without its answer", "`idem-runtime forget`"),
    ("discard", "EXPIRED", "none", "a local execution that takes its place, in the same transaction"),
    ("purge", "EXPIRED", "none", "`idem-runtime purge`"),
)


class Fingerprint:
    """Of a payload; ``same``: the record is of this one."""

    stored = "v1:-:0"

    def __init__(self, *, same: bool) -> None:
        self._same = same

    def matches(self, stored: str) -> bool:
        return self._same


def states() -> str:
    """A row for each state of a record, with what is decided for the same and for another payload."""
    lines = ["| record | the same payload | another payload |", "|---|---|---|", "| none | runs | runs |"]
    for name, record in _records().items():
        same, other = (_decided(record, same=same) for same in (True, False))
        lines.append(f"| {name} | {same} | {other} |")
    return "\n".join([*lines, ""])


def transitions() -> str:
    """A row for each statement that changes a record."""
    lines = ["| statement | before | after | when |", "|---|---|---|---|"]
    lines += [f"| `{name}` | {before} | {after} | {when} |" for name, before, after, when in TRANSITIONS]
    return "\n".join([*lines, ""])


def statements_that_change() -> set[str]:
    """The names of the queries that insert, update or delete a record of the table."""
    parts = re.split(r"^-- name: (\w+)\n", QUERIES, flags=re.MULTILINE)[1:]
    named = dict(zip(parts[::2], parts[1::2], strict=True))
    changing = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM) \{table\}", re.IGNORECASE)
    return {name for name, text in named.items() if changing.search(text)}


def _records() -> dict[str, Record]:
    def record(status: str, **changes: object) -> Record:
        values = {"fingerprint": "v1:-:0", "response": ANSWER, "alive": False, "expired": False, **changes}
        return Record(scope="s", status=status, attempt="a", age=0.0, **values)  # type: ignore[arg-type]

    return {
        "EXPIRED": record("COMPLETED", expired=True),
        "COMPLETED": record("COMPLETED"),
        "COMPLETED, its answer could not be stored": record("COMPLETED", response=None),
        "COMPLETED, its answer was deleted (`forget`)": record(
            "COMPLETED", fingerprint=local_effect.FORGOTTEN, response=None
        ),
        "INPROGRESS": record("INPROGRESS", response=None, alive=True),
        "UNKNOWN": record("INPROGRESS", response=None),
    }


def _decided(record: Record, *, same: bool) -> str:
    ask = Ask("s", "k", Fingerprint(same=same), "a")
    if record.expired:
        return _words(_admitted(ask))
    return _words(local_effect.judge(record, ask))


def _admitted(ask: Ask) -> object:
    """What a claim decides when it finds an expired row."""
    row = {"scope": "s", "payload_hash": "v1:-:0", "status": "COMPLETED", "attempt": "b", "alive": None}
    row |= {"past": True, "response_data": None, "response_body": None}
    steps = local_effect.admit(ask, begun=False)
    next(steps)
    try:
        steps.send([Result("SELECT 1", row)])
    except StopIteration as decided:
        return decided.value
    raise AssertionError("the protocol asked for more than the record")


def _words(decision: object) -> str:
    match decision:
        case Execute():
            return "runs"
        case Replay():
            return "replays"
        case Unknown():
            return f"refused, `{external_effect.OutcomeUnknown.code}`; ways out"
        case Refuse(error):
            return f"refused, `{error.code}`"
        case _:
            raise AssertionError(decision)
