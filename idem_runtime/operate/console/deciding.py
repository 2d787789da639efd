"""What a user changes: an outcome is decided, expired records are removed."""

from __future__ import annotations

import time

from idem_runtime import log_records
from idem_runtime.errors import ConfigurationError
from idem_runtime.operate import resolution
from idem_runtime.operate.console import pages, rendering
from idem_runtime.operate.console.messages import Reply
from idem_runtime.operate.console.visits import Visit
from idem_runtime.operate.record_names import RecordName
from idem_runtime.operate.resolution import Decision

BATCH = 1_000
PURGE_FOR = 5.0
"""Seconds of one request; what is left is for the next."""
LONGEST_WHY = 2_000


def resolve(visit: Visit, retention: float) -> Reply:
    """Decide about the attempt that the user has seen. ``retention``: seconds that an answer is kept."""
    form = visit.request.form()
    name = RecordName(form.get("scope", ""), form.get("key", ""))
    if not visit.sees(name):
        return pages.record_page(visit, name)
    try:
        decision = _decision(form, visit.who)
    except ConfigurationError as error:
        return pages.record_page(visit, name, status=400, problem=str(error), typed=form)
    seen = form.get("attempt", "")
    if not visit.rights.second_person:
        done = resolution.record(visit.admin, name, decision, retention=retention, seen=seen)
        return _outcome(visit, name, decision, _verdict(decision) if done else "changed")
    return _by_two(visit, name, decision, seen=seen, retention=retention)


def _by_two(visit: Visit, name: RecordName, decision: Decision, *, seen: str, retention: float) -> Reply:
    """Decide where another person has proposed the same about this attempt; else propose it.

    Both give the whole answer: what is kept of a proposal is its digest, so that nobody just agrees, and no payload is
    stored that was never decided.
    """
    proposal = _proposal(decision)
    names = {"scope": name.scope, "key": name.key, "seen": seen}
    others = [
        row["decided_by"]
        for row in visit.admin.rows("proposals", **names)
        if row["verdict"] == proposal and row["decided_by"] != visit.who
    ]
    if not others:
        row = visit.admin.row("propose", **names, verdict=proposal, who=visit.who, why=decision.why)
        return _outcome(visit, name, decision, "changed" if row is None else "proposed")
    both = Decision(decision.executed, f"{visit.who}, with {others[-1]}", decision.why)
    done = resolution.record(visit.admin, name, both, retention=retention, seen=seen)
    return _outcome(visit, name, both, _verdict(decision) if done else "changed")


def _outcome(visit: Visit, name: RecordName, decision: Decision, notice: str) -> Reply:
    log_records.decided_in_console(name.digest, decision.who, notice)
    return rendering.redirect(visit.request, "/record", scope=name.scope, key=name.key, notice=notice)


def _decision(form: dict[str, str], who: str) -> Decision:
    """:raises ConfigurationError: something is missing, or of no use to those who retry."""
    why, verdict = form.get("why", "").strip(), form.get("verdict")
    if not why or len(why) > LONGEST_WHY:
        raise ConfigurationError(
            f"say how you know, in at most {LONGEST_WHY:,} characters: others will have to go by it"
        )
    if verdict == "not_executed":
        return Decision(None, who, why)
    if verdict != "executed":
        raise ConfigurationError("say whether it happened")
    status = form.get("status", "").strip()
    if not status.isascii() or not status.isdecimal():
        raise ConfigurationError("status: a number of 200 to 499")
    return Decision(resolution.executed(int(status[:4]), form.get("body", "").strip()), who, why)


def _verdict(decision: Decision) -> str:
    return "not_executed" if decision.executed is None else "executed"


def _proposal(decision: Decision) -> str:
    """The verdict under which a proposal is kept; equal for two who mean the same."""
    digest = "nothing" if decision.executed is None else decision.executed.digest
    return f"{_verdict(decision)} sha256:{digest}"


def purge(visit: Visit) -> Reply:
    """Remove expired records, for some seconds: of every principal, so only for a user who may see all."""
    if visit.rights.see is not None:
        text = f"{visit.who} may not see every record, and this would remove those of others too. Nothing was done."
        return rendering.page(visit, "refused.html", status=403, title="Refused", text=text)
    removed, until = 0, time.monotonic() + PURGE_FOR
    while time.monotonic() < until and (count := visit.admin.count("by_index+purge", batch=BATCH)):
        removed += count
    return rendering.redirect(visit.request, "/", removed=str(removed))
