"""``idem-runtime show``: one record, as a timeline; nothing of what was asked or answered."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from idem_runtime.operate import cli_options, json_output, missing_record, record_timeline, terminal_output
from idem_runtime.operate.cli_options import Command
from idem_runtime.operate.json_output import Document, moment
from idem_runtime.operate.record_names import (
    RecordName,
    command_to_paste,
    is_http,
    parts_of_scope,
    same_key_elsewhere,
)
from idem_runtime.operate.record_states import MEANINGS, state_of

Record = Mapping[str, Any]

EXAMPLES = """\
  idem-runtime show '5:alice22:POST /wallet/transfers' 8e03978e
  idem-runtime show 8e03978e --principal alice --operation 'POST /wallet/transfers'
  idem-runtime show --digest 3f29c1d07a5e        # as a log line names it"""
JSON_KEYS = """\
  principal, operation, scope, key, digest
  state (COMPLETED, LOST, EXPIRED, INPROGRESS, UNKNOWN, free), meaning (what a retry gets)
  fingerprint, attempt
  answer (or null): status, body_bytes, body_sha256
  created_at, completed_at, expires_at, lease_ends_at, now (RFC 3339 in UTC; null where there is none, or never)
  given_up (marked unknown by the program that ran it)
  decisions: verdict, decided_by, reason, decided_at
  elsewhere (of a key that is free: other scopes that have it)"""


def _run(arguments: argparse.Namespace) -> int:
    with cli_options.connect(arguments) as admin:
        name = cli_options.named_record(arguments, admin)
        record = admin.row("show", scope=name.scope, key=name.key)
        decisions = admin.rows("decisions", scope=name.scope, key=name.key)
        now = (admin.row("now") or {})["now"]
        known = record is not None or bool(decisions)
        elsewhere = [] if known else same_key_elsewhere(admin, name)
    if arguments.format == "json" and (known or parts_of_scope(name.scope) is not None):
        terminal_output.print_json(_document(name, record, decisions, now=now, elsewhere=elsewhere))
        return 0 if known else 1
    table_options = cli_options.table_options_text(arguments)
    if not known:
        return missing_record.report(name, elsewhere, table_options)
    terminal_output.print_lines(_lines(name, record, decisions, now=now, table_options=table_options))
    return 0


def _lines(
    name: RecordName,
    record: Record | None,
    decisions: Sequence[Record],
    *,
    now: float,
    table_options: str,
) -> Iterator[str]:
    yield from _heading(name, record)
    yield ""
    yield from record_timeline.lines(record, decisions, now)
    if state_of(record) == "UNKNOWN":
        yield ""
        yield from _how_to_decide(name, table_options)


def _heading(name: RecordName, record: Record | None) -> Iterator[str]:
    """Who, what, which key, and what a retry gets."""
    principal, operation = parts_of_scope(name.scope) or ("?", "?")
    state = state_of(record)
    values = {
        "principal": principal,
        "operation": operation,
        "key": name.key,
        "scope": name.scope,
        "digest": f"{name.digest} (in logs)",
        "state": f"{state}: {MEANINGS.get(state, 'a state that is not ours')}",
    }
    if record is not None:
        values["payload"] = record["payload_hash"] or "no fingerprint"
        values["attempt"] = record["attempt"] or "none"
    if record is not None and record["response_status"] is not None:
        values["answer"] = f"status {record['response_status']}, {_body(record)}"
    for title, value in values.items():
        yield f"{title:10} {terminal_output.printable(value)}"


def _body(record: Record) -> str:
    if record["body_bytes"] is None:
        return "body not stored"
    return f"{record['body_bytes']:,} bytes, sha256 {record['body_digest'][:12]}…"


def _how_to_decide(name: RecordName, table_options: str) -> Iterator[str]:
    """What an operator does about an UNKNOWN record."""
    answer = "--status 201 --body '{…}'" if is_http(name.scope) else "--body '…'"
    resolve = command_to_paste("resolve", name, table_options)
    yield "Ask the provider or the ledger what happened, then:"
    yield f"  {resolve} --executed {answer} --by YOU --why 'HOW YOU KNOW'"
    yield f"  {resolve} --not-executed --by YOU --why 'HOW YOU KNOW'"


def _document(
    name: RecordName,
    record: Record | None,
    decisions: Iterable[Record],
    *,
    now: float,
    elsewhere: Iterable[RecordName],
) -> Document:
    """``now``: seconds since 1970; ``elsewhere``: the same key under other scopes."""
    state, row = state_of(record), record or {}
    lease = row.get("lease") if state in ("INPROGRESS", "UNKNOWN") else None
    return {
        **json_output.name_document(name),
        "state": state,
        "meaning": MEANINGS.get(state),
        "fingerprint": row.get("payload_hash"),
        "attempt": row.get("attempt"),
        "answer": None if row.get("response_status") is None else _answer_document(row),
        "created_at": moment(row.get("created")),
        "completed_at": moment(row.get("completed")),
        "expires_at": moment(row.get("expires"))
        if state in ("COMPLETED", "EXPIRED", "LOST", "FORGOTTEN")
        else None,
        "lease_ends_at": moment(lease or None),
        "given_up": lease == 0,
        "now": moment(now),
        "decisions": [_decision_document(decision) for decision in decisions],
        "elsewhere": [other.scope for other in elsewhere],
    }


def _answer_document(record: Record) -> Document:
    status = record["response_status"]
    return {
        "status": int(status) if status.isdecimal() else None,
        "body_bytes": record["body_bytes"],
        "body_sha256": record["body_digest"],
    }


def _decision_document(decision: Record) -> Document:
    return {
        "verdict": decision["verdict"],
        "decided_by": decision["decided_by"],
        "reason": decision["reason"],
        "decided_at": moment(decision["decided"]),
    }


COMMAND = Command(
    name="show",
    description="What is known of one record, as a timeline. Nothing of what was asked or answered: sizes and digests only.",
    examples=EXAMPLES,
    json_keys=JSON_KEYS,
    add_options=cli_options.add_record_options,
    run=_run,
)
