"""The program that a fork test runs: it pays, forks while it holds things, and parent and child pay on.

Prints what the child saw and what the parent saw, as one JSON object a line.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from datetime import timedelta
from typing import Any

from psycopg_pool import AsyncConnectionPool, ConnectionPool

from idem_runtime import ConfigurationError, Idempotency, current_attempt, money_moving
from idem_runtime.execution.in_process_wait import Pass
from idem_runtime.idempotency import runtime_of
from idem_runtime.protocol.fingerprint import of_value
from tests.runtime.calls import INSERT

KEY = {"key": lambda name: name, "principal": lambda name: "alice"}
lent: Any = Idempotency.lent
ASKED = of_value("held")


@money_moving(operation="sync", **KEY)
def pay(name: str, db: Any = lent) -> int:
    db.execute(INSERT, (1,))
    return int(db.info.backend_pid)


@money_moving(operation="async", **KEY)
async def apay(name: str, db: Any = lent) -> int:
    await db.execute(INSERT, (2,))
    return int(db.info.backend_pid)


@money_moving(operation="external", effect="external", lease=timedelta(seconds=0.6), **KEY)
def call_out(name: str) -> str:
    if name != "before":
        time.sleep(1)
    return f"told {name}, {'lost' if current_attempt().lost else 'in time'}"


def refusal(store: Any) -> str:
    try:
        store()
    except ConfigurationError as error:
        return str(error)
    return ""


def seen(
    own: Idempotency, theirs: Idempotency, unopened: Idempotency, who: str, first: int
) -> dict[str, Any]:
    """What this process can do after the fork."""
    replays = [pay("parent") == first for _ in range(3)]  # each gives its connection back in the other thread
    return {
        "who": who,
        "replays": all(replays),
        "same connection": pay(who) == first,
        "async": asyncio.run(apay(who)) > 0,
        "external": call_out(who),
        "gate is empty": runtime_of(own).policy.gate.enter("alice", "held", Pass(ASKED.stored), ASKED)
        is None,
        "user's sync pool": refusal(runtime_of(theirs).sync_store),
        "user's async pool": refusal(runtime_of(theirs).async_store),
        "user's unopened pool": refusal(runtime_of(unopened).sync_store),
    }


def main(dsn: str) -> None:
    own = Idempotency(dsn, pool_size=1, pool_timeout=5)
    own.install()
    pools = ConnectionPool(dsn, min_size=1, max_size=1, open=True), AsyncConnectionPool(dsn, open=False)
    theirs, unopened = Idempotency(pool=pools), Idempotency(pool=ConnectionPool(dsn, open=False))
    first = pay("parent")
    assert pay("parent") == first  # starts the thread that takes connections back
    runtime_of(own).policy.gate.enter("alice", "held", Pass(ASKED.stored), ASKED)
    call_out("before")  # starts the thread that renews leases
    child = os.fork()
    if not child:
        print(json.dumps(seen(own, theirs, unopened, "child", first)), flush=True)
        return
    status = os.waitpid(child, 0)[1]
    print(json.dumps(seen(own, theirs, unopened, "parent", first) | {"child's status": status}), flush=True)
    own.close()
    pools[0].close()


if __name__ == "__main__":
    main(sys.argv[1])
