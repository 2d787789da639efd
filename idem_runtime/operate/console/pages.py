"""The pages that only show something: overview, what is running, one record, the store's examination."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from idem_runtime.operate import record_timeline
from idem_runtime.operate.console import plots, rendering
from idem_runtime.operate.console.activity import KINDS, Activity
from idem_runtime.operate.console.messages import Reply
from idem_runtime.operate.console.visits import Visit
from idem_runtime.operate.doctor_checks.examination import examine
from idem_runtime.operate.record_names import RecordName, find_by_digest, is_http, record_name
from idem_runtime.operate.record_states import MEANINGS, state_of
from idem_runtime.operate.resolution import DEFAULT_STATUS

SHOWN = 50
"""Records of a list."""
LOOKED_AT = 1_000
"""Records without an answer that are looked at for a user who may not see all."""
COUNTED = 100_000
"""Expired records that are counted at most."""
NOTICES = {
    "executed": "Recorded: it happened. A retry gets the answer that you gave.",
    "not_executed": "Recorded: it did not happen. The key is free, and a retry executes.",
    "proposed": "Proposed. It is decided when a second person says the same.",
    "changed": "Nothing was recorded: since you looked, the record has changed. This is how it is now.",
}
"""By the word in the address: no text of an address is ever shown."""
Name = RecordName


def overview(visit: Visit, activity: Activity | None) -> Reply:
    """What somebody has to decide about, oldest first, and how the table is."""
    table = visit.admin.table.quoted
    counts = visit.admin.row("overview", table=table, limit=COUNTED) if visit.rights.see is None else None
    return rendering.page(
        visit,
        "overview.html",
        title="Unknown outcomes",
        records=list(_unanswered(visit, running=False)),
        shown=SHOWN,
        counts=counts,
        counted=COUNTED,
        table=table,
        plots=None if activity is None else [plots.plot(kind, activity.counts(kind)) for kind in KINDS],
        removed=_number(visit.request.parameters().get("removed", "")),
    )


def running(visit: Visit) -> Reply:
    """What is in progress, oldest first."""
    records = list(_unanswered(visit, running=True))
    return rendering.page(visit, "running.html", title="In progress", records=records, shown=SHOWN)


def _unanswered(visit: Visit, *, running: bool) -> Iterator[dict[str, Any]]:
    """Records without an answer that this user may see: one more than are shown, where there are more."""
    limit = SHOWN + 1 if visit.rights.see is None else LOOKED_AT
    rows = visit.admin.rows("unanswered", alive=[running], limit=limit)
    visible = (row for row in rows if visit.sees(RecordName(row["scope"], row["key"])))
    for row, _ in zip(visible, range(SHOWN + 1), strict=False):
        yield {"age": row["age"], **rendering.record_values(RecordName(row["scope"], row["key"]))}


def find(visit: Visit) -> Reply:
    """The record of a digest, or of principal, operation and key; a form where none is named."""
    given = {name: value.strip() for name, value in visit.request.parameters().items()}
    if digest := given.get("digest", ""):
        matching = [name for name in find_by_digest(visit.admin, digest.lower()) if visit.sees(name)]
    elif given.get("principal") and given.get("operation") and given.get("key"):
        matching = [record_name(given["principal"], given["operation"], given["key"])]
    else:
        return rendering.page(visit, "find.html", title="Find a record", nothing=bool(given))
    if len(matching) == 1:
        return rendering.redirect(visit.request, "/record", scope=matching[0].scope, key=matching[0].key)
    return rendering.page(visit, "find.html", status=404, title="Find a record", nothing=True)


def record(visit: Visit) -> Reply:
    """One record: who, what, its timeline, and, where it is unknown, the form that decides."""
    given = visit.request.parameters()
    name = RecordName(given.get("scope", ""), given.get("key", ""))
    return record_page(visit, name, notice=NOTICES.get(given.get("notice", "")))


def record_page(
    visit: Visit,
    name: Name,
    *,
    status: int = 200,
    notice: str | None = None,
    problem: str | None = None,
    typed: dict[str, str] | None = None,
) -> Reply:
    """``problem``: what is wrong with what was ``typed`` into its form."""
    row = visit.admin.row("show", scope=name.scope, key=name.key)
    decisions = visit.admin.rows("decisions", scope=name.scope, key=name.key)
    if not visit.sees(name) or (row is None and not decisions):
        return rendering.page(visit, "find.html", status=404, title="Find a record", nothing=True)
    now = (visit.admin.row("now") or {})["now"]
    state = state_of(row)
    return rendering.page(
        visit,
        "record.html",
        status=status,
        title=state,
        state=state,
        meaning=MEANINGS.get(state, "a state that is not ours"),
        record=rendering.record_values(name),
        names={"scope": name.scope, "key": name.key},
        row=row,
        timeline=record_timeline.moments(row, decisions, now),
        proposals=_proposals(visit, name, row),
        second_person=visit.rights.second_person,
        is_http=is_http(name.scope),
        status_given=DEFAULT_STATUS,
        notice=notice,
        problem=problem,
        typed={"verdict": "", "status": "", "body": "", "why": "", **(typed or {})},
    )


def _proposals(visit: Visit, name: Name, row: Any) -> Sequence[dict[str, Any]]:
    """What others have proposed about the attempt that is there."""
    if row is None or not visit.rights.second_person:
        return []
    rows = visit.admin.rows("proposals", scope=name.scope, key=name.key, seen=row["attempt"] or "")
    return [proposal for proposal in rows if proposal["decided_by"] != visit.who]


def examination(visit: Visit) -> Reply:
    """What ``idem-runtime doctor`` finds."""
    findings = list(examine(visit.admin, local_clock=time.time()))
    return rendering.page(visit, "doctor.html", title="Doctor", findings=findings)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None
